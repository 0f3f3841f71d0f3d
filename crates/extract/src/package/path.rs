//! Where a link within a package leads.

/// Returns the part to which `link` leads from the part `from`: no folder above the package's own,
/// no fragment and no escapes.
pub(crate) fn resolve(from: &str, link: &str) -> String {
    let link = link.split(['#', '?']).next().unwrap_or_default();
    let link = unescaped(link).replace('\\', "/");
    let folder = match link.starts_with('/') {
        true => "",
        false => from.rsplit_once('/').map_or("", |(folder, _)| folder),
    };
    let mut path: Vec<&str> = Vec::new();
    for step in folder.split('/').chain(link.split('/')) {
        match step {
            "" | "." => {}
            ".." => drop(path.pop()),
            step => path.push(step),
        }
    }
    path.join("/")
}

/// Returns a link without its percent escapes.
fn unescaped(link: &str) -> String {
    let mut bytes = Vec::with_capacity(link.len());
    let mut rest = link.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let digits = behind.first_chunk::<2>().and_then(|two| std::str::from_utf8(two).ok());
        match digits.and_then(|two| u8::from_str_radix(two, 16).ok()) {
            Some(byte) if *first == b'%' => {
                bytes.push(byte);
                rest = behind.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(*first);
                rest = behind;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_from_the_folder_of_their_part() {
        let cases = [
            ("word/document.xml", "styles.xml", "word/styles.xml"),
            ("ppt/slides/slide1.xml", "../notes/n.xml", "ppt/notes/n.xml"),
            ("a/b.xml", "/xl/c.xml", "xl/c.xml"),
            ("a/b.opf", "../../../c.xml#top", "c.xml"),
            ("b.opf", "my%20chapter%C3%A9.html?x", "my chapteré.html"),
            ("b.opf", "100%", "100%"),
            ("b.opf", "%zz%4", "%zz%4"),
            ("a/b", "", "a"),
        ];
        for (from, link, path) in cases {
            assert_eq!(resolve(from, link), path, "{from} {link}");
        }
    }
}
