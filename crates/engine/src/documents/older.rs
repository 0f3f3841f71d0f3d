//! Catalogues of formats up to 5, which list all documents in one file.

use serde::Deserialize;
use trommel_core::FileStamp;

use super::Entry;

/// The entries, then as many additions.
const MAGIC: &[u8; 8] = b"TRMLCAT2";

/// The rest of an entry, which stands in a list of its own.
#[derive(Debug, Clone, Copy, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
struct Addition {
    stamp: Option<FileStamp>,
    record: Option<[u8; 32]>,
}

/// Reads the entries of a catalogue, or says what is wrong with it.
pub(super) fn decode(bytes: &[u8]) -> Result<Vec<Entry>, String> {
    let records = bytes.strip_prefix(MAGIC).ok_or("it is not a catalogue")?;
    let (mut entries, additions): (Vec<Entry>, Vec<Addition>) =
        postcard::from_bytes(records).map_err(|error| error.to_string())?;
    if entries.len() != additions.len() {
        return Err(format!("expected {} additions, got {}", entries.len(), additions.len()));
    }
    for (entry, Addition { stamp, record }) in entries.iter_mut().zip(additions) {
        let lacks = || format!("document {:?} has no hash of its record", entry.id);
        (entry.stamp, entry.record) = (stamp, record.ok_or_else(lacks)?);
    }
    entries.sort_by_key(|entry| entry.first);
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::super::catalogue_tests::entry;
    use super::*;

    #[test]
    fn reads_what_format_5_wrote_and_refuses_all_else() {
        let entries = [entry("ü", 7, 2), entry("a", 2, 3)];
        let additions = entries
            .each_ref()
            .map(|entry| Addition { stamp: entry.stamp, record: Some(entry.record) });
        let written = (entries.to_vec(), additions.to_vec());
        let bytes = postcard::to_extend(&written, MAGIC.to_vec()).unwrap();
        assert_eq!(decode(&bytes).unwrap(), [entries[1].clone(), entries[0].clone()]);
        assert!(decode(&bytes[1..]).is_err());
        assert!(decode(b"TRMLCAT2\xff\xff\xff").is_err());
    }
}
