//! A page: 128 records, the newest first, written in one call.

use super::record;

/// The bytes of a page, which are also those that file systems and disks write at once.
pub(crate) const SIZE: usize = 4096;

/// Puts a record in front; the oldest falls out of a full page.
pub(crate) fn push(page: &mut [u8; SIZE], new: &[u8; record::SIZE]) {
    page.copy_within(..SIZE - record::SIZE, record::SIZE);
    page[..record::SIZE].copy_from_slice(new);
}

/// Says whether nothing falls out when one more record is put in.
pub(crate) fn has_room(page: &[u8; SIZE]) -> bool {
    page[SIZE - record::SIZE..].iter().all(|&byte| byte == 0)
}

/// Walks the records, whole or not; places that were never written are left out.
pub(crate) fn records(page: &[u8; SIZE]) -> impl Iterator<Item = &[u8; record::SIZE]> {
    let (records, _) = page.as_chunks();
    records.iter().filter(|record| record.iter().any(|&byte| byte != 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_page_gives_up_its_oldest_record() {
        let mut page = [0; SIZE];
        let record = |n: u8| [n; record::SIZE];
        for n in 1..=128 {
            assert!(has_room(&page), "{n}");
            push(&mut page, &record(n));
        }
        assert!(!has_room(&page));
        push(&mut page, &record(129));
        let kept: Vec<u8> = records(&page).map(|record| record[0]).collect();
        assert_eq!(kept, (2..=129).rev().collect::<Vec<u8>>());
    }
}
