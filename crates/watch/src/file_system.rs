//! What is asked about folders themselves.

use std::fs;
use std::path::Path;

/// What stays the same of a folder as long as it is the same one, whatever it is called.
#[cfg(unix)]
pub(crate) type Identity = (u64, u64);
/// What stays the same of a folder as long as it is the same one, whatever it is called.
#[cfg(not(unix))]
pub(crate) type Identity = std::time::SystemTime;

/// Returns which folder is at a path; none if there is none, or if the system does not say.
pub(crate) fn identity(folder: &Path) -> Option<Identity> {
    let metadata = fs::metadata(folder).ok()?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        Some((metadata.dev(), metadata.ino()))
    }
    #[cfg(not(unix))]
    metadata.created().ok()
}

/// Returns the nearest folder at or around a path within `top` that is there and that no link leads to;
/// `top` itself if there is none.
pub(crate) fn folder_at_or_around<'a>(path: &'a Path, top: &'a Path) -> &'a Path {
    let mut below: Vec<&Path> = path.ancestors().take_while(|above| *above != top).collect();
    below.reverse();
    below.into_iter().take_while(|folder| is_folder(folder)).last().unwrap_or(top)
}

/// Says whether a path is a folder and no link to one.
fn is_folder(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir())
}

/// File systems that others may change without Linux knowing, by the numbers that `statfs` gives.
#[cfg(target_os = "linux")]
const SHARED: [u32; 12] = [
    0x6969,      // NFS
    0x517B,      // SMB
    0xFF53_4D42, // CIFS
    0xFE53_4D42, // SMB 2
    0x6573_5546, // FUSE: sshfs, rclone, virtiofs
    0x0102_1997, // 9P: the host's disks in WSL and virtual machines
    0x5346_414F, // AFS
    0x7375_7245, // Coda
    0x00C3_6400, // Ceph
    0x0BD0_0BD0, // Lustre
    0x786F_4256, // VirtualBox
    0xBACB_ACBC, // VMware
];

/// Says whether a folder is on a file system that others may change without this system knowing; it is only
/// known on Linux.
pub(crate) fn is_shared(folder: &Path) -> bool {
    #[cfg(target_os = "linux")]
    {
        // The number has 32 bits, and its type another size and sign on some processors.
        rustix::fs::statfs(folder).is_ok_and(|of| SHARED.contains(&(of.f_type as u32)))
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = folder;
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_the_same_under_a_new_name_and_another_under_the_old_one() {
        let scratch = tempfile::tempdir().unwrap();
        let (old, new) = (scratch.path().join("old"), scratch.path().join("new"));
        fs::create_dir(&old).unwrap();
        let first = identity(&old);
        assert!(first.is_some());
        fs::rename(&old, &new).unwrap();
        assert_eq!(identity(&old), None);
        assert_eq!(identity(&new), first);
        fs::create_dir(&old).unwrap();
        assert_ne!(identity(&old), first);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_kernels_own_file_system_is_not_shared() {
        assert!(!is_shared(Path::new("/proc")));
        assert!(!is_shared(Path::new("/no/such/folder")));
    }
}
