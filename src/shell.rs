//! Text that can be pasted into a shell.

use std::path::Path;

/// Returns `text` as one word of a POSIX shell, quoted only where it must be.
pub(crate) fn word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=@%+,".contains(c);
    // An empty word must be quoted, or the shell would not see it. Within single quotes only a
    // single quote is special: it ends them, stands escaped, and begins them again.
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// Returns a path as one word of a POSIX shell.
pub(crate) fn path(path: &Path) -> String {
    word(&path.to_string_lossy())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_what_a_shell_would_read_otherwise() {
        assert_eq!(word("a/b-1.md"), "a/b-1.md");
        assert_eq!(word("my notes"), "'my notes'");
        assert_eq!(word("it's $HOME"), r"'it'\''s $HOME'");
        assert_eq!(word(""), "''");
    }
}
