//! Fears that our tokenizer gives other tokens than the `tokenizers` library, takes long for a long
//! word, or gives wrong ones out of a damaged file.

mod by_hand;
mod compact;
mod library;
mod long;
mod real;
mod same_as_library;
mod vocabulary;
mod words;
