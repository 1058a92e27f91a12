mod answers;
mod odd_answers;
mod urls;
