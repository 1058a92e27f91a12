mod answers;
mod identity;
mod odd_answers;
mod urls;
