//! Makes a file whose table of objects is wrong one in which they are found by looking for them.

/// What stands before the place of the table.
const START: &[u8] = b"startxref";

/// The most objects that are taken out of one stream.
const MAX_PACKED: usize = 100_000;

/// Returns a file without what leads to its table.
pub(super) fn without_table(bytes: &[u8]) -> Vec<u8> {
    let mut file = bytes.to_vec();
    let mut at = 0;
    while let Some(window) = file.get_mut(at..at + START.len()) {
        if window == START {
            window.fill(b' ');
        }
        at += 1;
    }
    file
}

/// Says whether the object of this number stands here.
pub(super) fn stands_at(bytes: &[u8], offset: u64, number: u32) -> bool {
    let from = usize::try_from(offset).unwrap_or(usize::MAX);
    let Some(there) = bytes.get(from..) else { return false };
    let there = there.get(..20).unwrap_or(there).trim_ascii_start();
    let digits = there.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let written = there.get(..digits).and_then(|digits| std::str::from_utf8(digits).ok());
    written.and_then(|written| written.parse().ok()) == Some(number)
}

/// Appends to a file the objects that are packed in a stream, where `first` is the place of the
/// first of them: before it are numbers and places in pairs (ISO 32000-1, 7.5.7).
pub(super) fn append_packed(file: &mut Vec<u8>, packed: &[u8], first: usize) {
    let Some((head, objects)) = packed.split_at_checked(first) else { return };
    let head = String::from_utf8_lossy(head);
    let numbers: Vec<usize> = head
        .split_ascii_whitespace()
        .map_while(|number| number.parse().ok())
        .take(2 * MAX_PACKED)
        .collect();
    let pairs: Vec<(usize, usize)> =
        numbers.as_chunks::<2>().0.iter().map(|&[number, place]| (number, place)).collect();
    let mut written_to = 0;
    for (at, &(number, place)) in pairs.iter().enumerate() {
        let end = pairs.get(at + 1).map_or(objects.len(), |&(_, next)| next.min(objects.len()));
        // Only what goes on is written, so that it is not more than there was.
        if place < written_to {
            continue;
        }
        if let Some(object) = objects.get(place..end) {
            written_to = end;
            file.extend_from_slice(format!("\n{number} 0 obj\n").as_bytes());
            file.extend_from_slice(object);
            file.extend_from_slice(b"\nendobj\n");
        }
    }
}

/// Appends a catalog of these pages, each as it is referred to.
pub(super) fn append_pages(file: &mut Vec<u8>, pages: &[String]) {
    // Numbers that no file has in use.
    let (catalog, tree) = (u32::MAX - 1, u32::MAX);
    append(file, &format!("{catalog} 0 obj\n<< /Type /Catalog /Pages {tree} 0 R >>\nendobj"));
    let (kids, count) = (pages.join(" "), pages.len());
    let dict = format!("<< /Type /Pages /Kids [{kids}] /Count {count} >>");
    append(file, &format!("{tree} 0 obj\n{dict}\nendobj"));
    append(file, &format!("trailer\n<< /Root {catalog} 0 R >>"));
}

/// Appends lines to a file.
pub(super) fn append(file: &mut Vec<u8>, lines: &str) {
    file.push(b'\n');
    file.extend_from_slice(lines.as_bytes());
    file.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_to_the_table_is_taken_out() {
        assert_eq!(without_table(b"a startxref\n9 startxref"), b"a          \n9          ");
        assert_eq!(without_table(b"startxre"), b"startxre");
    }

    #[test]
    fn an_object_stands_where_its_number_does() {
        let file = b"%PDF\n12 0 obj";
        assert!(stands_at(file, 5, 12));
        assert!(stands_at(file, 4, 12));
        for (offset, number) in [(6, 12), (5, 1), (0, 12), (99, 12), (u64::MAX, 12)] {
            assert!(!stands_at(file, offset, number), "{offset} {number}");
        }
    }

    #[test]
    fn packed_objects_are_written_one_by_one() {
        let unpacked = |packed: &[u8], first| {
            let mut file = Vec::new();
            append_packed(&mut file, packed, first);
            String::from_utf8(file).unwrap()
        };
        assert_eq!(
            unpacked(b"7 0 9 5 << >>[1 2]", 8),
            "\n7 0 obj\n<< >>\nendobj\n\n9 0 obj\n[1 2]\nendobj\n"
        );
        // Places that go back, or beyond the end.
        assert_eq!(
            unpacked(b"7 4 9 0 8 3 abcd", 12),
            "\n9 0 obj\nabc\nendobj\n\n8 0 obj\nd\nendobj\n"
        );
        assert_eq!(unpacked(b"7 9 abcd", 4), "");
        assert_eq!(unpacked(b"7 0 abcd", 99), "");
        assert_eq!(unpacked(b"x y abcd", 4), "");
    }
}
