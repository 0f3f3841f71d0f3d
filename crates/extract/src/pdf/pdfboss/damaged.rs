//! Opens files whose table of objects is wrong or lost.

use super::super::repair::{append, append_packed, append_pages, stands_at, without_table};
use super::{Document, ObjRef, Object, Stream, XrefEntry};
use crate::Limits;

/// The most objects that are looked for in a damaged file.
const MAX_OBJECTS: usize = 1 << 18;

/// How much is taken out of the streams of a damaged file.
const MAX_UNPACKED: usize = 64 << 20;

/// Says whether there are pages, and most objects stand where the table says.
pub(super) fn is_sound(document: &Document) -> bool {
    let table = document.xref();
    let astray = table.iter().filter(|&(number, entry)| match entry {
        XrefEntry::InFile { offset, .. } => !stands_at(document.bytes(), offset, number),
        _ => false,
    });
    document.flattened_page_count() > 0 && astray.count() * 8 <= table.len()
}

/// Opens a document without its table: objects are looked for, those in streams as well, and where
/// there is no way to the pages, these.
pub(super) fn repaired(bytes: &[u8], found: Option<Document>, limits: &Limits) -> Option<Document> {
    let mut file = without_table(bytes);
    // Where there was no table, they have been looked for.
    let found = if file == bytes { found } else { Document::load(file.clone()).ok() };
    let mut found = found.filter(|found| found.xref().len() <= MAX_OBJECTS)?;
    let length = file.len();
    let tables = objects(&found).filter_map(|(_, object)| trailer_of(object.as_stream()?));
    if let Some(trailer) = tables.last() {
        append(&mut file, &trailer);
        found = Document::load(file.clone()).ok()?;
    }
    let mut left = MAX_UNPACKED.min(usize::try_from(limits.unpacked_bytes).ok()?);
    for (_, object) in objects(&found) {
        let Some((packed, first)) = packed_in(&found, &object) else { continue };
        let Some(still_left) = left.checked_sub(packed.len()) else { break };
        left = still_left;
        append_packed(&mut file, &packed, first);
    }
    if file.len() > length {
        found = Document::load(file.clone()).ok()?;
    }
    if found.flattened_page_count() == 0 {
        let is_page = |object: &Object| {
            let kind = object.as_dict().and_then(|dict| dict.get_name("Type"));
            kind.is_some_and(|kind| kind.0 == "Page")
        };
        let pages = objects(&found).filter(|(_, object)| is_page(object));
        let pages: Vec<String> =
            pages.map(|(at, _)| format!("{} {} R", at.num, at.r#gen)).collect();
        append_pages(&mut file, &pages);
        found = Document::load(file).ok()?;
    }
    Some(found)
}

/// Returns the objects that stand in a file: those that were changed later stand further behind. If
/// their streams are more than the file, they were made to overlap, and there is an end of it.
fn objects(document: &Document) -> impl Iterator<Item = (ObjRef, Object)> {
    let mut places: Vec<(u64, ObjRef)> = document
        .xref()
        .iter()
        .filter_map(|(num, entry)| match entry {
            XrefEntry::InFile { offset, r#gen } => Some((offset, ObjRef { num, r#gen })),
            _ => None,
        })
        .collect();
    places.sort_unstable_by_key(|(offset, _)| *offset);
    let mut left = document.bytes().len();
    let objects = places.into_iter().filter_map(|(_, at)| Some((at, document.get(at).ok()?)));
    objects.take_while(move |(_, object)| {
        let length = object.as_stream().map_or(0, |stream| stream.data.len());
        let still_left = left.checked_sub(length);
        left = still_left.unwrap_or(0);
        still_left.is_some()
    })
}

/// Returns the trailer that a table in a stream stands for.
fn trailer_of(table: &Stream) -> Option<String> {
    table.dict.get_name("Type").filter(|kind| kind.0 == "XRef")?;
    let mut trailer = String::from("trailer\n<<");
    for key in ["Root", "Info", "Encrypt"] {
        if let Some(at) = table.dict.get_ref(key) {
            trailer += &format!(" /{key} {} {} R", at.num, at.r#gen);
        }
    }
    if let Some(id) = table.dict.get_array("ID").and_then(|id| id.first()?.as_str_bytes()) {
        let id: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
        trailer += &format!(" /ID [<{id}> <{id}>]");
    }
    Some(trailer + " >>")
}

/// Returns the objects in a stream, and the place of the first of them.
fn packed_in(document: &Document, object: &Object) -> Option<(Vec<u8>, usize)> {
    let stream = object.as_stream()?;
    stream.dict.get_name("Type").filter(|kind| kind.0 == "ObjStm")?;
    let first = stream.dict.get_int("First")?.try_into().ok()?;
    Some((document.stream_data(stream).ok()?, first))
}
