//! Fears that our tokenizer gives other tokens than the `tokenizers` library, or wrong ones out of a
//! damaged file.

mod compact;
mod kept;
mod library;
mod real;
mod same_as_library;
mod traps;
mod unsupported;
