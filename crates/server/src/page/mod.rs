//! The page: one document and its files, all part of the program.

/// The document.
pub(crate) const INDEX: &str = include_str!("index.html");

/// Its files by name.
pub(crate) const FILES: &[(&str, &str)] = &[
    ("address.js", include_str!("address.js")),
    ("api.js", include_str!("api.js")),
    ("budget.js", include_str!("budget.js")),
    ("connection.js", include_str!("connection.js")),
    ("document.js", include_str!("document.js")),
    ("dom.js", include_str!("dom.js")),
    ("events.js", include_str!("events.js")),
    ("facts.js", include_str!("facts.js")),
    ("helps.js", include_str!("helps.js")),
    ("hit.js", include_str!("hit.js")),
    ("hits.js", include_str!("hits.js")),
    ("indexing.js", include_str!("indexing.js")),
    ("intervals.js", include_str!("intervals.js")),
    ("jobs.js", include_str!("jobs.js")),
    ("judging.js", include_str!("judging.js")),
    ("keys.js", include_str!("keys.js")),
    ("lines.js", include_str!("lines.js")),
    ("notices.js", include_str!("notices.js")),
    ("page.css", include_str!("page.css")),
    ("page.js", include_str!("page.js")),
    ("progress.js", include_str!("progress.js")),
    ("ranks.js", include_str!("ranks.js")),
    ("reading.js", include_str!("reading.js")),
    ("refine.js", include_str!("refine.js")),
    ("search.js", include_str!("search.js")),
    ("text.js", include_str!("text.js")),
    ("theme.js", include_str!("theme.js")),
    ("why.js", include_str!("why.js")),
    ("whynot.js", include_str!("whynot.js")),
    ("words.js", include_str!("words.js")),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_small_and_asks_for_nothing_but_its_files() {
        let bytes = INDEX.len() + FILES.iter().map(|(_, content)| content.len()).sum::<usize>();
        assert!(bytes < 150_000, "{bytes}");
        let named = INDEX.split('"').filter_map(|part| part.strip_prefix("page/"));
        for name in named {
            assert!(FILES.iter().any(|(known, _)| *known == name), "{name}");
        }
        for text in FILES.iter().map(|(_, content)| *content).chain([INDEX]) {
            assert!(!text.contains("http://") || text.contains("http://www.w3.org/2000/svg"));
            assert!(!text.contains("https://"));
        }
    }
}
