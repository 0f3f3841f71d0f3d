//! Title, author and dates: from the document's information, else from its XMP packet.

use trommel_core::Metadata;

use super::clean::clean;
use super::pdf_text::About;
use crate::{Extracted, one_line};

/// The longest title, in characters.
const MAX_TITLE: usize = 300;

/// The longest other entry, in characters.
const MAX_ENTRY: usize = 2000;

/// What programs put before the name of a file when they make a title of it.
const PRINTED_BY: [&str; 4] =
    ["microsoft word - ", "microsoft powerpoint - ", "microsoft excel - ", "print - "];

/// The titles of templates.
const NO_TITLES: [&str; 8] = [
    "untitled",
    "untitled document",
    "untitled presentation",
    "powerpoint presentation",
    "slide 1",
    "document",
    "title",
    "no title",
];

/// The endings of names of files that are made into PDFs.
const ENDINGS: [&str; 24] = [
    "pdf", "doc", "docx", "dot", "odt", "rtf", "txt", "tex", "dvi", "ps", "eps", "indd", "qxd",
    "qxp", "ppt", "pptx", "odp", "xls", "xlsx", "html", "htm", "fm", "cdr", "ai",
];

/// Puts what a document says about itself where it belongs.
pub(super) fn tell(about: &About, said: &mut Extracted) {
    let xmp = Xmp(about.xmp.as_deref().unwrap_or_default());
    let either = |info: &Option<String>, in_xmp: Option<String>, longest| {
        let info = info.as_deref().and_then(|text| one_line(&clean(text), longest));
        info.or_else(|| one_line(&clean(&in_xmp?), longest))
    };
    let title = |text: &String| is_title(text);
    said.title = either(&about.title, None, MAX_TITLE)
        .filter(title)
        .or_else(|| either(&None, xmp.value("dc:title"), MAX_TITLE).filter(title));
    said.language =
        about.language.as_deref().map(str::trim).filter(|it| is_language(it)).map(Into::into);
    let date = |info: &Option<String>, in_xmp: Option<String>| {
        info.as_deref().and_then(iso_date).or_else(|| iso_date(&in_xmp?))
    };
    let entries = [
        ("author", either(&about.author, xmp.value("dc:creator"), MAX_ENTRY)),
        ("subject", either(&about.subject, xmp.value("dc:description"), MAX_ENTRY)),
        ("keywords", either(&about.keywords, xmp.value("dc:subject"), MAX_ENTRY)),
        ("created", date(&about.created, xmp.value("xmp:CreateDate"))),
        ("modified", date(&about.modified, xmp.value("xmp:ModifyDate"))),
        ("attachments", one_line(&about.attachments.join(", "), MAX_ENTRY)),
    ];
    let entries: Metadata =
        entries.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text?))).collect();
    said.metadata.extend(entries);
}

/// Says whether a title is one, and not the name of a file or a template's.
fn is_title(text: &str) -> bool {
    let lower = text.to_lowercase();
    let ending = lower.rsplit_once('.').map_or("", |(_, ending)| ending);
    !(PRINTED_BY.iter().any(|by| lower.starts_with(by))
        || NO_TITLES.contains(&lower.as_str())
        || ENDINGS.contains(&ending)
        || !lower.contains(char::is_alphabetic))
}

/// Says whether a text is a tag such as `en-GB`.
fn is_language(text: &str) -> bool {
    let part = |part: &str| {
        (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.split('-').all(part)
}

/// Returns a date as ISO 8601, as exact as it is given: `D:20240131` or `2024-01-31` is a day.
fn iso_date(text: &str) -> Option<String> {
    let text = text.trim();
    let text = text.strip_prefix("D:").unwrap_or(text);
    text.get(..4).filter(|year| year.bytes().all(|byte| byte.is_ascii_digit()))?;
    let end = text.char_indices().skip(4).find(|(_, c)| matches!(c, 'Z' | 'z' | '+'));
    // A minus parts a date as well, but not after the time has begun.
    let minus = || {
        let digits = text.bytes().take_while(|byte| *byte != b'-').count();
        let time = text.find('T').map(|at| at + 1);
        let from = time.or((digits >= 8).then_some(digits))?;
        Some(from + text.get(from..)?.find('-')?)
    };
    let end = end.map(|(at, _)| at).or_else(minus).unwrap_or(text.len());
    let (moment, zone) = text.split_at_checked(end)?;
    let digits: String = moment.chars().filter(char::is_ascii_digit).collect();
    let field = |from: usize, length: usize, range: std::ops::RangeInclusive<u32>| {
        let field = digits.get(from..from + length)?;
        range.contains(&field.parse().ok()?).then_some(field)
    };
    let mut iso = field(0, 4, 1000..=9999)?.to_owned();
    let day = [("-", 4, 1..=12), ("-", 6, 1..=31)];
    let time = [("T", 8, 0..=23), (":", 10, 0..=59), (":", 12, 0..=60)];
    for (mark, from, range) in day.into_iter().chain(time) {
        let Some(field) = field(from, 2, range) else { break };
        iso.push_str(mark);
        iso.push_str(field);
    }
    match iso.split_once('T') {
        None => Some(iso),
        // An hour alone is no time.
        Some((day, time)) if !time.contains(':') => Some(day.to_owned()),
        Some(_) => Some(iso + &iso_zone(zone).unwrap_or_default()),
    }
}

/// Returns a time zone, such as `+01:00` of `+01'00'`.
fn iso_zone(zone: &str) -> Option<String> {
    let sign = zone.chars().next()?;
    let digits: String = zone.chars().filter(char::is_ascii_digit).collect();
    if matches!(sign, 'Z' | 'z') || digits.bytes().all(|byte| byte == b'0') {
        return Some("Z".to_owned());
    }
    let (hours, minutes) = (digits.get(..2)?, digits.get(2..4).unwrap_or("00"));
    Some(format!("{sign}{hours}:{minutes}"))
}

/// An XMP packet (ISO 16684-1), of which only the text of a few elements is asked for.
struct Xmp<'x>(&'x str);

impl Xmp<'_> {
    /// Returns the text of the first element of this name, the members of a list with commas; else
    /// the attribute of this name.
    fn value(&self, name: &str) -> Option<String> {
        self.element(name).or_else(|| self.attribute(name))
    }

    fn element(&self, name: &str) -> Option<String> {
        let (_, rest) = self.0.split_once(&format!("<{name}"))?;
        let (content, _) = rest.split_once(&format!("</{name}>"))?;
        let mut texts = Vec::new();
        for text in content.split('>').skip(1) {
            let text = text.split('<').next().unwrap_or_default().trim();
            if !text.is_empty() {
                texts.push(unescaped(text));
            }
        }
        // The alternatives of one text are its translations.
        if content.contains("<rdf:Alt") {
            texts.truncate(1);
        }
        (!texts.is_empty()).then(|| texts.join(", "))
    }

    fn attribute(&self, name: &str) -> Option<String> {
        let (_, rest) = self.0.split_once(&format!(" {name}="))?;
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        Some(unescaped(rest.get(1..)?.split(quote).next()?))
    }
}

/// Returns text with the predefined entities and numbers of XML resolved.
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        plain.push_str(before);
        let entity = after.split_once(';').and_then(|(name, after)| Some((entity(name)?, after)));
        (rest, _) = match entity {
            Some((c, after)) => (after, plain.push(c)),
            None => (after, plain.push('&')),
        };
    }
    plain + rest
}

fn entity(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            char::from_u32(match number.strip_prefix('x') {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(about: About) -> Extracted {
        let mut said = Extracted::default();
        tell(&about, &mut said);
        said
    }

    #[test]
    fn dates_are_as_exact_as_they_are_given() {
        let dates = [
            ("D:20240131120507+01'00'", "2024-01-31T12:05:07+01:00"),
            ("D:20240131120507-0930", "2024-01-31T12:05:07-09:30"),
            ("D:20240131120507Z00'00'", "2024-01-31T12:05:07Z"),
            ("20240131120507", "2024-01-31T12:05:07"),
            ("D:20240131", "2024-01-31"),
            ("D:202401", "2024-01"),
            ("D:2024013112", "2024-01-31"),
            ("D:2024", "2024"),
            ("2024-01-31T12:05:07-08:00", "2024-01-31T12:05:07-08:00"),
            ("2024-01-31T12:05:07.123Z", "2024-01-31T12:05:07Z"),
            ("2024-01-31T12:05+02:00", "2024-01-31T12:05+02:00"),
            ("2024-01-31", "2024-01-31"),
        ];
        for (given, iso) in dates {
            assert_eq!(iso_date(given).as_deref(), Some(iso), "{given}");
        }
        for given in ["", "D:", "yesterday", "D:0000", "Mon Jan 31", "\u{e9}\u{e9}", "12/31/2023"] {
            assert_eq!(iso_date(given), None, "{given}");
        }
    }

    #[test]
    fn a_title_is_no_name_of_a_file() {
        let titles = ["Tea and cups", "Version 2.0 of the plan", "Ask Dr. Who"];
        let none = [
            "Microsoft Word - tea.doc",
            "tea final.PDF",
            "Untitled",
            "PowerPoint Presentation",
            "10811.exe.pdf",
            "123",
            " ",
        ];
        for title in titles {
            let about = About { title: Some(title.to_owned()), ..About::default() };
            assert_eq!(told(about).title.as_deref(), Some(title));
        }
        for title in none {
            let about = About { title: Some(title.to_owned()), ..About::default() };
            assert_eq!(told(about).title, None, "{title}");
        }
    }

    #[test]
    fn xmp_says_what_the_information_does_not() {
        let xmp = "<?xpacket?><rdf:Description xmp:ModifyDate=\"2024-02-01\" xmlns:dc='x'>\
            <dc:title><rdf:Alt><rdf:li xml:lang='x-default'>Tea &amp; cups</rdf:li>\
            <rdf:li xml:lang='de'>Tee</rdf:li></rdf:Alt></dc:title><dc:creator><rdf:Seq>\
            <rdf:li>A. Author</rdf:li>\n<rdf:li>B. Author</rdf:li></rdf:Seq></dc:creator>\
            <xmp:CreateDate>2024-01-31T12:05:07Z</xmp:CreateDate><dc:subject/>";
        let said = told(About {
            title: Some("tea.doc".into()),
            author: Some("C. Author".into()),
            xmp: Some(xmp.into()),
            language: Some("en-GB".into()),
            attachments: vec!["a.txt".into(), "b c.pdf".into()],
            ..About::default()
        });
        assert_eq!(said.title.as_deref(), Some("Tea & cups"));
        assert_eq!(said.language.as_deref(), Some("en-GB"));
        let entries: Vec<(&str, &str)> =
            said.metadata.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        let expected = [
            ("attachments", "a.txt, b c.pdf"),
            ("author", "C. Author"),
            ("created", "2024-01-31T12:05:07Z"),
            ("modified", "2024-02-01"),
        ];
        assert_eq!(entries, expected);
        assert_eq!(Xmp(xmp).value("dc:creator").as_deref(), Some("A. Author, B. Author"));
    }

    #[test]
    fn broken_xmp_says_nothing() {
        let xmp = "<dc:title><rdf:li>x &#x41;&bad; &#xffffffff;</rdf:li></dc:title>";
        for end in 0..xmp.len() {
            let _ = Xmp(&xmp[..end]).value("dc:title");
            let _ = Xmp(&xmp[end..]).value("rdf:li");
        }
        assert_eq!(Xmp(xmp).value("dc:title").as_deref(), Some("x A&bad; &#xffffffff;"));
        assert_eq!(Xmp(" a=").value("a"), None);
    }
}
