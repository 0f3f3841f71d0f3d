//! Zip and tar files as folders: what is in them are files of their own.

mod tar;

use crate::package::{Package, first_names};
use crate::{ARCHIVE, Attachment, ExtractError, Extracted, Extractor, Limits};

/// How a zip file without members begins.
const EMPTY_ZIP: &[u8] = b"PK\x05\x06";

/// Zip and tar files.
pub(crate) struct Archive;

impl Extractor for Archive {
    fn name(&self) -> &'static str {
        ARCHIVE
    }

    fn version(&self) -> u32 {
        1
    }

    fn recognises(&self, head: &[u8], _name: &str) -> bool {
        !first_names(head).is_empty() || head.starts_with(EMPTY_ZIP) || tar::begins(head)
    }

    fn extract(
        &self,
        bytes: &[u8],
        _name: &str,
        limits: &Limits,
    ) -> Result<Extracted, ExtractError> {
        match tar::begins(bytes) {
            true => tar::members(bytes, limits),
            false => members_of_zip(bytes, limits),
        }
    }
}

/// Returns the members of a zip file.
fn members_of_zip(bytes: &[u8], limits: &Limits) -> Result<Extracted, ExtractError> {
    let mut package = Package::open(bytes, limits)?;
    let mut extracted = Extracted::default();
    for (place, name) in package.files() {
        let read = package.bytes_at(place, &name);
        let name = name_of(&name, place);
        match read {
            Ok(bytes) => extracted.attachments.push(Attachment { name, bytes }),
            // One member may be damaged, or want a password, and the others be sound.
            Err(error) => extracted.unread.push((name, error)),
        }
    }
    Ok(extracted)
}

/// Returns a member's path as a name: `/` between folders, and none of it leads out of the archive.
fn name_of(path: &str, place: usize) -> String {
    let names = path.split(['/', '\\']).filter(|name| !matches!(*name, "" | "." | ".."));
    let clean = |name: &str| name.replace(char::is_control, "\u{fffd}");
    let name = names.map(clean).collect::<Vec<_>>().join("/");
    if name.is_empty() { format!("member {}", place + 1) } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extractor_of;
    use crate::package::made::zip;

    fn names(extracted: &Extracted) -> Vec<&str> {
        extracted.attachments.iter().map(|it| it.name.as_str()).collect()
    }

    #[test]
    fn the_files_of_a_zip_file_are_given_with_their_folders() {
        let bytes = zip(&[("notes/", ""), ("notes/a.md", "# A"), ("B.TXT", "b")]);
        assert_eq!(extractor_of(&bytes, "x").unwrap().name(), ARCHIVE);
        let extracted = Archive.extract(&bytes, "x.zip", &Limits::default()).unwrap();
        assert_eq!(names(&extracted), ["notes/a.md", "B.TXT"]);
        assert_eq!(extracted.attachments[0].bytes, b"# A");
        assert!(extracted.unread.is_empty());
    }

    #[test]
    fn no_name_leads_out_of_the_archive() {
        let bytes = zip(&[("../../etc/passwd", "a"), ("/b/./c", "b"), ("..", "c"), ("d\\e", "d")]);
        let extracted = Archive.extract(&bytes, "x.zip", &Limits::default()).unwrap();
        assert_eq!(names(&extracted), ["etc/passwd", "b/c", "member 3", "d/e"]);
    }

    #[test]
    fn what_is_too_large_is_told_and_the_others_are_read() {
        let zeros = "0".repeat(1 << 20);
        let bytes = zip(&[("a.txt", "sound"), ("bomb", &zeros), ("b.txt", "sound, too")]);
        let limits = Limits { unpacked_bytes: 1000, ..Limits::default() };
        let extracted = Archive.extract(&bytes, "x.zip", &limits).unwrap();
        assert_eq!(names(&extracted), ["a.txt", "b.txt"]);
        let [(name, ExtractError::TooMuch { .. })] = &extracted.unread[..] else {
            panic!("{:?}", extracted.unread)
        };
        assert_eq!(name, "bomb");
    }

    #[test]
    fn an_archive_without_members_is_one() {
        let bytes = zip(&[]);
        assert!(Archive.recognises(&bytes, "x.zip"));
        let extracted = Archive.extract(&bytes, "x.zip", &Limits::default()).unwrap();
        assert_eq!(extracted, Extracted::default());
    }
}
