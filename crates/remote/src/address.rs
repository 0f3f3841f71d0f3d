//! Where a server is: its base address and the path behind it.

use trommel_core::escape;
use ureq::http::Uri;

/// Returns the address of `path` on a server, or what is wrong with the base.
///
/// The base may have the path, or the start of it, already.
pub(crate) fn address(base: &str, path: &str) -> Result<String, String> {
    let base = base.trim();
    if base.contains('@') {
        // It is not shown: what stands before it may be a password.
        return Err("it has a user name in it; a key is handed over by itself".into());
    }
    let unfit = || format!("expected http://HOST or https://HOST, got {}", escape(base));
    let uri: Uri = base.parse().map_err(|_| unfit())?;
    let plain = uri.query().is_none() && !base.contains('#');
    if !plain || uri.host().is_none() || !matches!(uri.scheme_str(), Some("http" | "https")) {
        return Err(unfit());
    }
    Ok(join(base, &uri, path))
}

/// Puts the path behind the base, less what the base's own path already ends with.
fn join(base: &str, uri: &Uri, path: &str) -> String {
    let own = uri.path().trim_end_matches('/');
    // The starts of `/v1/rerank` are the empty one, `/v1` and itself; the longest that the base
    // ends with is left out.
    let starts = path.match_indices('/').map(|(end, _)| &path[..end]).chain([path]);
    let known = starts.rev().find(|start| own.ends_with(start)).unwrap_or_default();
    format!("{}{}", base.trim_end_matches('/'), &path[known.len()..])
}
