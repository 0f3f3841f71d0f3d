//! tar files (POSIX.1-2017, pax; and the long names of GNU tar).

use std::borrow::Cow;

use super::name_of;
use crate::{Attachment, ExtractError, Extracted, Limits};

/// Everything in a tar file begins at a multiple of this many bytes.
const BLOCK: usize = 512;
/// The longest path that is read.
const MAX_PATH: usize = 4096;

/// Says whether a file that begins with `head` is a tar file: its first block says a checksum of itself.
pub(super) fn begins(head: &[u8]) -> bool {
    head.first_chunk::<BLOCK>().is_some_and(|block| Header(block).is_sound())
}

/// Returns the regular files of a tar file. Links, devices and folders are none.
///
/// # Errors
///
/// If there are more than may be read.
pub(super) fn members(bytes: &[u8], limits: &Limits) -> Result<Extracted, ExtractError> {
    let mut extracted = Extracted::default();
    let (mut rest, mut said, mut place) = (bytes, Said::default(), 0);
    while let Some(block) = rest.first_chunk::<BLOCK>() {
        let header = Header(block);
        // Two empty blocks end a tar file, and what follows is padding.
        if block.iter().all(|byte| *byte == 0) {
            break;
        }
        if !header.is_sound() {
            let error = ExtractError::damaged(format!(
                "no entry begins at byte {}",
                bytes.len() - rest.len()
            ));
            extracted.unread.push((name_of("", place), error));
            break;
        }
        let size = said.size.unwrap_or_else(|| header.size());
        let (content, is_whole) = cut(&rest[BLOCK..], size);
        rest = rest[BLOCK..].get(padded(size)..).unwrap_or_default();
        match header.kind() {
            Kind::LongName => {
                said.path = Some(until_zero(&content[..content.len().min(MAX_PATH)]));
                continue;
            }
            Kind::Pax => {
                said = Said::of_pax(content, said);
                continue;
            }
            Kind::Passed => continue,
            Kind::File => {}
            // A folder, a link or a device.
            Kind::Other => {
                said = Said::default();
                continue;
            }
        }
        let path = std::mem::take(&mut said).path.unwrap_or_else(|| header.path().into_owned());
        if place as u64 >= u64::from(limits.members) {
            return Err(ExtractError::too_much("members", limits.members.into()));
        }
        let name = name_of(&path, place);
        place += 1;
        match is_whole {
            true => extracted.attachments.push(Attachment { name, bytes: content.to_owned() }),
            false => extracted.unread.push((name, ExtractError::damaged("its end is missing"))),
        }
    }
    Ok(extracted)
}

/// What entries say of the one behind them.
#[derive(Default)]
struct Said {
    path: Option<String>,
    size: Option<u64>,
}

impl Said {
    /// Returns what the records of a pax entry say: `length key=value`, each with a line feed.
    fn of_pax(mut records: &[u8], mut said: Self) -> Self {
        while let Some(space) = records.iter().position(|byte| *byte == b' ') {
            let said_length = std::str::from_utf8(&records[..space]).ok();
            let length: Option<usize> = said_length.and_then(|it| it.parse().ok());
            let Some((length, record)) =
                length.and_then(|length| Some((length, records.get(space + 1..length)?)))
            else {
                break;
            };
            let record = record.strip_suffix(b"\n").unwrap_or(record);
            match record.split_at_checked(5) {
                Some((b"path=", path)) if path.len() <= MAX_PATH => {
                    said.path = Some(String::from_utf8_lossy(path).into_owned());
                }
                Some((b"size=", size)) => {
                    said.size = std::str::from_utf8(size).ok().and_then(|it| it.parse().ok());
                }
                _ => {}
            }
            records = &records[length..];
        }
        said
    }
}

/// What an entry is.
enum Kind {
    File,
    LongName,
    Pax,
    /// Something said of the archive, or of a link.
    Passed,
    Other,
}

/// The block in front of an entry.
struct Header<'a>(&'a [u8; BLOCK]);

impl Header<'_> {
    /// Says whether the checksum fits: the sum of all bytes, its own eight counted as spaces.
    fn is_sound(&self) -> bool {
        let own = 148..156;
        let sum: u64 = self.0.iter().map(|byte| u64::from(*byte)).sum();
        let of_own: u64 = self.0[own.clone()].iter().map(|byte| u64::from(*byte)).sum();
        let said = octal(&self.0[own]);
        said == Some(sum - of_own + 8 * u64::from(b' ')) && self.0[0] != 0
    }

    fn kind(&self) -> Kind {
        match self.0[156] {
            b'0' | b'7' | 0 if !self.path().ends_with('/') => Kind::File,
            b'L' => Kind::LongName,
            b'x' => Kind::Pax,
            b'g' | b'K' => Kind::Passed,
            _ => Kind::Other,
        }
    }

    /// Returns how many bytes follow. Large sizes are binary, which the first bit says.
    fn size(&self) -> u64 {
        let field = &self.0[124..136];
        match field[0] & 0x80 {
            0 => octal(field).unwrap_or(0),
            _ => field[4..].iter().fold(0, |size: u64, byte| size << 8 | u64::from(*byte)),
        }
    }

    fn path(&self) -> Cow<'_, str> {
        let name = until_zero(&self.0[..100]);
        let prefix = until_zero(&self.0[345..500]);
        // Only this form has a prefix; in that of GNU other things stand there.
        match &self.0[257..263] == b"ustar\0" && !prefix.is_empty() {
            true => Cow::Owned(format!("{prefix}/{name}")),
            false => Cow::Owned(name),
        }
    }
}

fn octal(field: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(field).ok()?;
    let digits = text.trim_matches(['\0', ' ']).split(['\0', ' ']).next()?;
    u64::from_str_radix(digits, 8).ok()
}

fn until_zero(field: &[u8]) -> String {
    let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
    String::from_utf8_lossy(&field[..end]).into_owned()
}

/// Returns the first `size` bytes, or as many as there are, and whether these are all.
fn cut(bytes: &[u8], size: u64) -> (&[u8], bool) {
    let whole = usize::try_from(size).ok().and_then(|size| bytes.get(..size));
    (whole.unwrap_or(bytes), whole.is_some())
}

/// Returns how many bytes an entry of `size` takes.
fn padded(size: u64) -> usize {
    let padded = size.checked_next_multiple_of(BLOCK as u64);
    padded.and_then(|it| it.try_into().ok()).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns an entry with `kind` and a header as Python's `tarfile` writes it in its form `ustar`.
    fn entry(path: &str, kind: u8, content: &[u8]) -> Vec<u8> {
        let mut block = [0; BLOCK];
        block[..path.len()].copy_from_slice(path.as_bytes());
        block[100..108].copy_from_slice(b"0000644\0");
        block[108..116].copy_from_slice(b"0000000\0");
        block[116..124].copy_from_slice(b"0000000\0");
        block[124..136].copy_from_slice(format!("{:011o}\0", content.len()).as_bytes());
        block[136..148].copy_from_slice(b"00000000000\0");
        block[148..156].copy_from_slice(b"        ");
        block[156] = kind;
        block[257..265].copy_from_slice(b"ustar\x0000");
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        let mut bytes = [&block[..], content].concat();
        bytes.resize(bytes.len().next_multiple_of(BLOCK), 0);
        bytes
    }

    fn read(bytes: &[u8]) -> Extracted {
        members(bytes, &Limits::default()).unwrap()
    }

    fn contents(extracted: &Extracted) -> Vec<(&str, &[u8])> {
        extracted.attachments.iter().map(|it| (it.name.as_str(), it.bytes.as_slice())).collect()
    }

    #[test]
    fn the_checksum_is_that_of_another_program() {
        let entry = entry("a.txt", b'0', b"hello");
        // Python 3.11, tarfile.TarInfo("a.txt") with a size of 5, in the form ustar.
        assert_eq!(&entry[148..156], b"006721\0 ");
        assert!(begins(&entry));
        assert!(!begins(&[0; 1024]));
        assert!(!begins(&entry[..511]));
    }

    #[test]
    fn regular_files_are_given_and_nothing_else_is() {
        let long = format!("{}/b.txt", "folder/".repeat(30));
        let records = b"30 mtime=1700000000.123456789\n15 path=\xc3\xbc.txt\n";
        let bytes = [
            entry("folder/", b'5', b""),
            entry("folder/a.txt", b'0', &[b'a'; 512]),
            entry("link", b'2', b""),
            entry("././@LongLink", b'L', format!("{long}\0").as_bytes()),
            entry("cut off", b'0', b"b"),
            entry("PaxHeader", b'x', records),
            entry("u.txt", b'0', b"c"),
            entry("d.txt", b'0', b""),
            vec![0; 1024],
            b"padding".to_vec(),
        ];
        let extracted = read(&bytes.concat());
        let long = long.replace("//", "/");
        let expected: [(&str, &[u8]); 4] =
            [("folder/a.txt", &[b'a'; 512]), (&long, b"b"), ("\u{fc}.txt", b"c"), ("d.txt", b"")];
        assert_eq!(contents(&extracted), expected);
        assert!(extracted.unread.is_empty());
    }

    #[test]
    fn what_is_cut_or_damaged_is_told_and_the_rest_is_read() {
        let sound = [entry("a", b'0', b"one"), entry("b", b'0', &[b'x'; 600])].concat();
        let cut = read(&sound[..sound.len() - 512]);
        assert_eq!(contents(&cut), [("a", b"one".as_slice())]);
        assert_eq!(cut.unread[0].0, "b");
        let mut damaged = sound;
        damaged[1024] ^= 1;
        let damaged = read(&damaged);
        assert_eq!(contents(&damaged), [("a", b"one".as_slice())]);
        assert!(matches!(damaged.unread[0].1, ExtractError::Damaged { .. }));
    }

    #[test]
    fn no_bit_makes_it_panic_or_go_on_for_ever() {
        let sound = [entry("a", b'x', b"12 path=bcd\n"), entry("b", b'0', b"two")].concat();
        for at in 0..sound.len() {
            for bit in 0..8 {
                let mut bytes = sound.clone();
                bytes[at] ^= 1 << bit;
                let _ = read(&bytes);
            }
        }
        // A record that says it has no length.
        read(&[entry("a", b'x', b"0 path=b\n"), entry("b", b'0', b"")].concat());
        let limits = Limits { members: 2, ..Limits::default() };
        assert!(members(&entry("a", b'0', b"").repeat(3), &limits).is_err());
    }
}
