mod answers;
mod odd_answers;
mod token_cache;
mod urls;
