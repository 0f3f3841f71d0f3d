//! What to do with each document that a source delivers.

use std::collections::{HashMap, HashSet};

use trommel_core::{ContentHash, Document, FileStamp, Origin};
use trommel_ingest::Unextracted;

use crate::EngineError;
use crate::collection::{CollectionWriter, Root, RootKind, root_of};
use crate::documents::Entry;

/// What to do with a delivered document.
#[derive(Debug, PartialEq)]
pub(super) enum Action {
    /// The collection has it as it is.
    Keep,
    /// The collection has its content, from another root or line, or from a file that was touched.
    Move { id: String, line: Option<u64> },
    /// It is new or has changed, and must be split and encoded.
    Write(Box<Document>),
}

/// Decides by content and ownership; holds the state that the collection will have.
///
/// A document belongs to the file that last delivered its id.
pub(super) struct Plan {
    known: HashMap<String, Known>,
    ids_by_file: HashMap<String, String>,
    seen: HashSet<String>,
    unread: HashSet<String>,
    /// Lines that could not be read, by file and number.
    unread_lines: HashSet<(String, u64)>,
    /// Files that no extractor could make anything of.
    pub(super) unextracted: Vec<Unextracted>,
    /// How often an id was delivered again.
    pub(super) duplicates: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Known {
    hash: ContentHash,
    origin: Origin,
    stamp: Option<FileStamp>,
}

impl Plan {
    pub(super) fn new(writer: &CollectionWriter) -> Result<Self, EngineError> {
        let roots = writer.roots();
        let documents = writer.entries().map(|entry| {
            let entry = entry?;
            let (hash, origin) = (entry.content_hash(), origin(roots, &entry));
            Ok((entry.id, Known { hash, origin, stamp: entry.stamp }))
        });
        Ok(Self::of(documents.collect::<Result<_, EngineError>>()?))
    }

    fn of(known: HashMap<String, Known>) -> Self {
        let ids_by_file = known
            .iter()
            .filter(|(_, known)| known.origin.line.is_none() && known.origin.is_file())
            .map(|(id, known)| (known.origin.place(), id.clone()))
            .collect();
        Self {
            known,
            ids_by_file,
            seen: HashSet::new(),
            unread: HashSet::new(),
            unread_lines: HashSet::new(),
            unextracted: Vec::new(),
            duplicates: 0,
        }
    }

    /// Decides what to do with a document out of a file with the given stamp; its id may be changed
    /// to keep it apart from another root's.
    pub(super) fn decide(&mut self, mut document: Document, stamp: Option<FileStamp>) -> Action {
        let is_file = document.origin.line.is_none() && document.origin.is_file();
        if is_file {
            document.id = self.id_of_file(&document);
        }
        if !self.seen.insert(document.id.clone()) {
            self.duplicates += 1;
        }
        let new = Known { hash: document.hash, origin: document.origin.clone(), stamp };
        if is_file {
            self.ids_by_file.insert(new.origin.place(), document.id.clone());
        }
        match self.known.insert(document.id.clone(), new.clone()) {
            Some(old) if old == new => Action::Keep,
            // The path is indexed: a document with another one is written again.
            Some(old) if old.hash == new.hash && old.origin.path == new.origin.path => {
                Action::Move { id: document.id, line: document.origin.line }
            }
            _ => Action::Write(Box::new(document)),
        }
    }

    /// Notes that a file is as it was, and so are its documents; returns whether it had one.
    pub(super) fn unchanged(&mut self, file: &str) -> bool {
        let id = self.ids_by_file.get(file).cloned();
        id.is_some_and(|id| self.seen.insert(id))
    }

    /// Notes that a file could not be read, so that its documents are not taken for gone.
    pub(super) fn unread(&mut self, file: &str) {
        self.unread.insert(file.to_owned());
    }

    /// Notes that a line could not be read, so that its document is not taken for gone: the one whose id
    /// it shows, else the one that stood there.
    pub(super) fn unread_line(&mut self, file: &str, line: u64, id: Option<&str>) {
        match id {
            Some(id) => drop(self.seen.insert(id.to_owned())),
            None => drop(self.unread_lines.insert((file.to_owned(), line))),
        }
    }

    /// Notes that documents are gone, so that a later source may deliver them anew.
    pub(super) fn gone(&mut self, ids: &[String]) {
        for id in ids {
            if let Some(known) = self.known.remove(id) {
                self.ids_by_file.remove(&known.origin.place());
            }
        }
    }

    /// Returns the documents of files within `path` that were not delivered, by id.
    pub(super) fn missing_within(&self, path: &str) -> Vec<String> {
        let mut missing: Vec<String> = self
            .known
            .iter()
            .filter(|(id, known)| {
                let file = known.origin.file();
                within(&file, path)
                    && !self.seen.contains(*id)
                    && !self.unread.iter().any(|unread| within(&file, unread))
                    && !known
                        .origin
                        .line
                        .is_some_and(|line| self.unread_lines.contains(&(file, line)))
            })
            .map(|(id, _)| id.clone())
            .collect();
        missing.sort();
        missing
    }

    /// Returns the id that a file has, or the first that is free: its path in the root, then with
    /// the root's name before it, then its full path.
    fn id_of_file(&self, document: &Document) -> String {
        let file = document.origin.place();
        if let Some(id) = self.ids_by_file.get(&file)
            && self.owns(&file, id)
        {
            return id.clone();
        }
        let root = document.origin.root.rsplit('/').next().unwrap_or_default();
        let named = format!("{root}/{}", document.id);
        let free = |id: &String| !self.known.contains_key(id) || self.owns(&file, id);
        [document.id.clone(), named].into_iter().find(free).unwrap_or(file)
    }

    fn owns(&self, file: &str, id: &str) -> bool {
        self.known
            .get(id)
            .is_some_and(|known| known.origin.line.is_none() && known.origin.place() == file)
    }
}

/// Says whether a file is `path` or lies in the folder `path`.
pub(super) fn within(file: &str, path: &str) -> bool {
    file.strip_prefix(path.trim_end_matches('/'))
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Returns where the document of an entry comes from.
pub(super) fn origin(roots: &[Root], entry: &Entry) -> Origin {
    entry.origin(root_of(roots, entry.root).map_or("", |root| &root.path))
}

/// Returns the root that a path is read under: the outermost known folder around it, or itself.
pub(super) fn root_around(roots: &[Root], path: &str, kind: RootKind) -> Root {
    roots
        .iter()
        .filter(|root| {
            root.path == path || (root.kind == RootKind::Folder && within(path, &root.path))
        })
        .min_by_key(|root| root.path.len())
        .cloned()
        .map(|root| if root.path == path { Root { kind, ..root } } else { root })
        .unwrap_or_else(|| Root::new(path, kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(root: &str, path: &str, line: Option<u64>, id: &str, content: u8) -> Document {
        Document {
            origin: Origin { root: root.into(), path: path.into(), line },
            hash: ContentHash([content; 32]),
            ..Document::new(id, "")
        }
    }

    fn file(root: &str, path: &str, content: u8) -> Document {
        document(root, path, None, path, content)
    }

    fn written(action: Action) -> String {
        match action {
            Action::Write(document) => document.id,
            other => panic!("expected Write, got {other:?}"),
        }
    }

    #[test]
    fn only_what_changed_is_written() {
        let mut plan = Plan::of(HashMap::new());
        assert_eq!(written(plan.decide(file("/a", "x.md", 1), None)), "x.md");
        let mut plan = Plan::of(plan.known);
        assert_eq!(plan.decide(file("/a", "x.md", 1), None), Action::Keep);
        assert_eq!(written(plan.decide(file("/a", "x.md", 2), None)), "x.md");
        assert_eq!(plan.duplicates, 1);
    }

    #[test]
    fn a_file_that_was_touched_keeps_its_content_and_gets_its_new_stamp() {
        let stamp = |modified| Some(FileStamp { bytes: 3, modified });
        let mut plan = Plan::of(HashMap::new());
        plan.decide(file("/a", "x.md", 1), stamp(1));
        let mut plan = Plan::of(plan.known);
        let touched = Action::Move { id: "x.md".into(), line: None };
        assert_eq!(plan.decide(file("/a", "x.md", 1), stamp(2)), touched);
        let mut plan = Plan::of(plan.known);
        assert_eq!(plan.decide(file("/a", "x.md", 1), stamp(2)), Action::Keep);
    }

    #[test]
    fn a_second_root_gets_its_name_before_a_clashing_id_and_keeps_it() {
        let mut plan = Plan::of(HashMap::new());
        plan.decide(file("/a", "x.md", 1), None);
        assert_eq!(written(plan.decide(file("/notes/b", "x.md", 2), None)), "b/x.md");
        assert_eq!(written(plan.decide(file("/other/b", "x.md", 3), None)), "/other/b/x.md");
        let mut known = plan.known;
        known.remove("x.md");
        let mut plan = Plan::of(known);
        assert_eq!(plan.decide(file("/notes/b", "x.md", 2), None), Action::Keep);
    }

    #[test]
    fn a_line_takes_its_id_from_whoever_has_it() {
        let mut plan = Plan::of(HashMap::new());
        plan.decide(document("/a.jsonl", "", Some(1), "7", 1), None);
        let taken = plan.decide(document("/b.jsonl", "", Some(4), "7", 1), None);
        assert!(matches!(taken, Action::Move { id, .. } if id == "7"));
        let mut plan = Plan::of(plan.known);
        assert_eq!(plan.missing_within("/a.jsonl"), Vec::<String>::new());
        assert_eq!(plan.missing_within("/b.jsonl"), ["7"]);
        plan.gone(&["7".to_owned()]);
        let back = document("/a.jsonl", "", Some(1), "7", 1);
        assert!(
            matches!(plan.decide(back.clone(), None), Action::Write(_)),
            "it was removed before"
        );
        let mut plan = Plan::of(plan.known);
        assert_eq!(plan.decide(back, None), Action::Keep);
        let mut plan = Plan::of(plan.known);
        plan.unread("/a.jsonl");
        assert_eq!(plan.missing_within("/a.jsonl"), Vec::<String>::new());
    }

    #[test]
    fn a_bad_line_shields_only_itself() {
        let line = |number, id: &str| document("/a.jsonl", "", Some(number), id, 1);
        let mut plan = Plan::of(HashMap::new());
        for (number, id) in [(1, "a"), (2, "b"), (3, "c"), (4, "d"), (5, "e")] {
            plan.decide(line(number, id), None);
        }
        let mut plan = Plan::of(plan.known);
        plan.decide(line(1, "a"), None);
        plan.unread_line("/a.jsonl", 2, Some("b"));
        plan.unread_line("/a.jsonl", 4, None);
        plan.unread_line("/other.jsonl", 5, None);
        assert_eq!(plan.missing_within("/a.jsonl"), ["c", "e"]);
    }

    #[test]
    fn missing_means_not_delivered_from_within_the_path() {
        let mut plan = Plan::of(HashMap::new());
        for path in ["sub/x.md", "sub/y.md", "subway.md"] {
            plan.decide(file("/a", path, 1), None);
        }
        let mut plan = Plan::of(plan.known);
        plan.decide(file("/a", "sub/y.md", 1), None);
        assert_eq!(plan.missing_within("/a/sub"), ["sub/x.md"]);
        assert_eq!(plan.missing_within("/a"), ["sub/x.md", "subway.md"]);
    }

    #[test]
    fn a_path_is_read_under_the_outermost_known_folder() {
        let root = |path: &str, kind| Root::new(path, kind);
        let roots = [
            root("/a/b", RootKind::Folder),
            root("/a", RootKind::Folder),
            root("/c", RootKind::File),
        ];
        assert_eq!(root_around(&roots, "/a/b/c.md", RootKind::File).path, "/a");
        assert_eq!(root_around(&roots, "/ab", RootKind::Folder).path, "/ab");
        assert_eq!(root_around(&roots, "/c", RootKind::File).path, "/c");
    }
}
