//! From the system's events to notes.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use notify::event::{AccessKind, AccessMode, MetadataKind, ModifyKind};
use notify::{ErrorKind, Event, EventHandler, EventKind};

use crate::inbox::{Change, Inbox, Turn};
use crate::scope::Scope;

/// Hears the events of one place.
pub(crate) struct Listener {
    pub(crate) place: PathBuf,
    pub(crate) scope: Arc<Scope>,
    pub(crate) inbox: Arc<Inbox>,
    /// Set once a folder could not be watched because of the system's limit.
    pub(crate) limited: Arc<AtomicBool>,
}

impl EventHandler for Listener {
    fn handle_event(&mut self, event: notify::Result<Event>) {
        match event {
            Ok(event) if event.need_rescan() => self.inbox.turn(&self.place, Turn::Lost),
            Ok(event) => {
                let Some(change) = change(event.kind) else { return };
                for path in &event.paths {
                    self.note(path, change);
                }
            }
            Err(error) if matches!(error.kind, ErrorKind::MaxFilesWatch) => {
                self.limited.store(true, Ordering::Relaxed);
            }
            // What cannot be looked at cannot be read either; that is for the reader to tell.
            Err(error) if !error.paths.is_empty() => {}
            Err(_) => self.inbox.turn(&self.place, Turn::Lost),
        }
    }
}

impl Listener {
    fn note(&self, path: &Path, change: Change) {
        if path == self.place {
            if change == Change::Entry {
                self.inbox.turn(&self.place, Turn::Replaced);
            }
        } else if let Some(folder) = self.scope.ruled_by(path) {
            self.inbox.note(&self.place, folder, Change::Entry);
        } else if self.scope.holds(path) {
            self.inbox.note(&self.place, path, change);
        }
    }
}

/// Returns what an event says about its paths; none if they can be read as before.
fn change(kind: EventKind) -> Option<Change> {
    match kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => Some(Change::Content),
        EventKind::Access(_) => None,
        EventKind::Modify(ModifyKind::Name(_)) => Some(Change::Entry),
        // Polling knows of a changed file only by its time.
        EventKind::Modify(ModifyKind::Metadata(MetadataKind::Any | MetadataKind::WriteTime)) => {
            Some(Change::Content)
        }
        EventKind::Modify(ModifyKind::Metadata(_)) => None,
        EventKind::Modify(_) => Some(Change::Content),
        EventKind::Create(_) | EventKind::Remove(_) | EventKind::Any | EventKind::Other => {
            Some(Change::Entry)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::time::Duration;

    use notify::Error;
    use notify::event::{CreateKind, DataChange, Flag, RemoveKind, RenameMode};

    use super::*;
    use crate::WatchOptions;
    use crate::inbox::Notes;

    fn listener() -> Listener {
        let scope = Scope::new(vec!["/r".into(), "/d/a.md".into()], &WatchOptions::default());
        Listener {
            place: "/r".into(),
            scope: Arc::new(scope),
            inbox: Arc::default(),
            limited: Arc::default(),
        }
    }

    /// Returns what is noted of `/r` after an event.
    fn noted(event: notify::Result<Event>) -> Option<Notes> {
        let mut listener = listener();
        listener.handle_event(event);
        let noted = listener.inbox.take_if_quiet(Duration::ZERO, Duration::ZERO);
        noted.map(|mut noted| noted.remove(Path::new("/r")).unwrap())
    }

    fn of(kind: EventKind, paths: &[&str]) -> Option<Vec<(String, Change)>> {
        let event = paths.iter().fold(Event::new(kind), |event, path| event.add_path(path.into()));
        let notes = noted(Ok(event))?;
        assert_eq!(notes.turn, None);
        let text = |path: PathBuf| path.to_str().unwrap().to_owned();
        Some(notes.paths.into_iter().map(|(path, change)| (text(path), change)).collect())
    }

    #[test]
    fn writing_is_content_and_coming_and_going_is_an_entry() {
        let one = |change| Some(vec![("/r/a".to_owned(), change)]);
        let data = EventKind::Modify(ModifyKind::Data(DataChange::Any));
        assert_eq!(of(data, &["/r/a"]), one(Change::Content));
        let close = EventKind::Access(AccessKind::Close(AccessMode::Write));
        assert_eq!(of(close, &["/r/a"]), one(Change::Content));
        assert_eq!(of(EventKind::Create(CreateKind::File), &["/r/a"]), one(Change::Entry));
        assert_eq!(of(EventKind::Remove(RemoveKind::Any), &["/r/a"]), one(Change::Entry));
        let rename = EventKind::Modify(ModifyKind::Name(RenameMode::Both));
        let both = vec![("/r/a".to_owned(), Change::Entry), ("/r/b".to_owned(), Change::Entry)];
        assert_eq!(of(rename, &["/r/a", "/r/b"]), Some(both));
    }

    #[test]
    fn reads_and_what_is_not_in_a_file_count_for_nothing() {
        for kind in [
            EventKind::Access(AccessKind::Open(AccessMode::Any)),
            EventKind::Access(AccessKind::Close(AccessMode::Read)),
            EventKind::Access(AccessKind::Read),
            EventKind::Modify(ModifyKind::Metadata(MetadataKind::AccessTime)),
            EventKind::Modify(ModifyKind::Metadata(MetadataKind::Permissions)),
            EventKind::Modify(ModifyKind::Metadata(MetadataKind::Ownership)),
        ] {
            assert_eq!(of(kind, &["/r/a"]), None, "{kind:?}");
        }
    }

    #[test]
    fn paths_of_no_root_and_ignored_ones_are_not_noted_and_rules_are_noted_as_their_folder() {
        let created = EventKind::Create(CreateKind::Any);
        assert_eq!(of(created, &["/d/b.md", "/r/.git/index", "/r/.a.swp"]), None);
        let noted = of(created, &["/d/a.md", "/r/sub/.gitignore"]);
        let expected = ["/d/a.md", "/r/sub"].map(|path| (path.to_owned(), Change::Entry));
        assert_eq!(noted, Some(expected.to_vec()));
    }

    #[test]
    fn a_place_that_goes_is_replaced_and_lost_events_are_lost() {
        let turn = |event| noted(event).map(|notes| (notes.paths.len(), notes.turn.unwrap()));
        let removed = Event::new(EventKind::Remove(RemoveKind::Folder)).add_path("/r".into());
        assert_eq!(turn(Ok(removed)), Some((0, Turn::Replaced)));
        let overflow = Event::new(EventKind::Other).set_flag(Flag::Rescan);
        assert_eq!(turn(Ok(overflow)), Some((0, Turn::Lost)));
        let failed = || Error::io(io::Error::other("read failed"));
        assert_eq!(turn(Err(failed())), Some((0, Turn::Lost)));
        assert_eq!(turn(Err(failed().add_path("/r/secret".into()))), None);
    }

    #[test]
    fn the_systems_limit_is_remembered() {
        let mut listener = listener();
        listener.handle_event(Err(Error::new(ErrorKind::MaxFilesWatch).add_path("/r/a".into())));
        assert!(listener.limited.load(Ordering::Relaxed));
        assert_eq!(listener.inbox.take_if_quiet(Duration::ZERO, Duration::ZERO), None);
    }
}
