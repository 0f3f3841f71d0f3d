//! Work that gives way to everything else.

/// The niceness of work in the background: about a ninth of the share that other work gets.
#[cfg(unix)]
const NICENESS: i32 = 10;

/// How work in the background shares the processor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Background {
    /// It gives way to others, with this niceness.
    Nice(i32),
    /// It has the share it had: the system knows no niceness, or refused.
    AsBefore,
}

impl Background {
    /// Gives way to other work from now on, and returns what came of it.
    ///
    /// On Linux and Android this holds for the thread that calls and for those it starts later, so it
    /// belongs at the beginning of `main`, before any pool of threads is made. On macOS and the BSDs it
    /// holds for the whole process. On other systems nothing changes. Who is nicer already stays so, and
    /// there is no way back: becoming less nice takes rights that we do not have.
    pub fn enter() -> Self {
        #[cfg(unix)]
        {
            use rustix::process::{getpriority_process, setpriority_process};

            let Ok(now) = getpriority_process(None) else { return Self::AsBefore };
            if now >= NICENESS {
                return Self::Nice(now);
            }
            setpriority_process(None, NICENESS).map_or(Self::AsBefore, |()| Self::Nice(NICENESS))
        }
        #[cfg(not(unix))]
        Self::AsBefore
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::{fs, thread};

    use super::*;

    /// The niceness that the kernel shows, the 19th field of `stat`; its second may hold spaces.
    fn niceness() -> i32 {
        let stat = fs::read_to_string("/proc/thread-self/stat").unwrap();
        let (_, fields) = stat.rsplit_once(") ").unwrap();
        fields.split(' ').nth(16).unwrap().parse().unwrap()
    }

    #[test]
    fn a_thread_gives_way_and_so_do_those_it_starts() {
        let before = niceness();
        let (entered, own, started) = thread::spawn(|| {
            let entered = Background::enter();
            (entered, niceness(), thread::spawn(niceness).join().unwrap())
        })
        .join()
        .unwrap();
        let expected = before.max(10);
        assert_eq!(entered, Background::Nice(expected));
        assert_eq!((own, started), (expected, expected));
        assert_eq!(niceness(), before, "other threads keep theirs");
    }
}
