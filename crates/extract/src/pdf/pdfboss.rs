//! PDFs as pdfboss reads them. Nothing else names it.

mod damaged;

use std::collections::HashMap;

use pdfboss_core::destination::{DestinationPage, Fit};
use pdfboss_core::object::decode_text_string;
use pdfboss_core::xref::XrefEntry;
use pdfboss_core::{
    Dict, Document, Error, FieldType, FormField, Immediate, ObjRef, Object, OcState, OutlineItem,
    PageLabel, StandardType, Stream, StructureTree, block_on, file_spec_with, page_label,
};
use pdfboss_output::{
    Block as Laid, LayoutOptions, Line as LaidLine, ReadingOrder, Role, TextOptions,
    extract_page_layout_with_opts, structure_for,
};

use self::damaged::{is_sound, repaired};
use super::pdf_text::{About, Block, Bookmark, Kind, Line, Page, PdfText};
use crate::{ExtractError, Limits};

/// The order of the tags where there are any, else that of the content.
const ORDER: ReadingOrder = ReadingOrder::StructureTree;

/// After so many pages what was read for them is forgotten, or all pictures would be held at once.
const PAGES_HELD: usize = 64;

/// How many pictures and forms are looked at to find out whether a page shows a picture.
const MAX_DRAWN: usize = 256;

/// How many forms within each other they are looked for in.
const MAX_FORMS: usize = 8;

/// The longest XMP packet that is read.
const MAX_XMP: usize = 1 << 20;

/// An open document.
pub(super) struct Pdfboss {
    document: Document,
    pages: usize,
    layers: Option<OcState>,
    tags: Option<StructureTree>,
    labels: Option<Vec<PageLabel>>,
    /// What was filled in, by the annotation that shows it.
    filled_in: HashMap<ObjRef, String>,
    /// The names of files that are attached to a place on a page.
    attached: Vec<String>,
    members: usize,
}

impl Pdfboss {
    /// Opens a document, with the empty password if it is encrypted.
    ///
    /// # Errors
    ///
    /// If another password is needed, or nothing can be read.
    pub(super) fn open(bytes: &[u8], limits: &Limits) -> Result<Self, ExtractError> {
        let document = match Document::load(bytes.to_vec()) {
            Err(Error::Encrypted) => return Err(ExtractError::Encrypted),
            Ok(document) if is_sound(&document) => document,
            damaged => {
                let pages = damaged.as_ref().map_or(0, Document::flattened_page_count);
                let found = damaged.as_ref().ok().map(Document::fork);
                match repaired(bytes, found, limits) {
                    Some(better) if better.flattened_page_count() >= pages.max(1) => better,
                    _ => damaged.map_err(ExtractError::damaged)?,
                }
            }
        };
        if document.is_locked() {
            return Err(ExtractError::Encrypted);
        }
        Ok(Self {
            pages: document.flattened_page_count(),
            layers: document.oc_state(),
            tags: structure_for(&document, ORDER),
            labels: document.page_labels(),
            filled_in: document.form_fields().iter().flat_map(filled_in).collect(),
            attached: Vec::new(),
            members: limits.members as usize,
            document,
        })
    }

    fn laid_out(&self, page: &pdfboss_core::Page) -> Vec<Block> {
        let layout = block_on(extract_page_layout_with_opts(
            Immediate(&self.document),
            page,
            self.layers.as_ref(),
            self.tags.as_ref(),
            ORDER,
            TextOptions::default(),
            &LayoutOptions::default(),
        ));
        let tagged = self.has_tagged_headings(page);
        let blocks = layout.map_or_else(|_| Vec::new(), |layout| layout.blocks);
        blocks.into_iter().map(|block| block_of(block, tagged)).collect()
    }

    /// Says whether headings are marked as such on a page; else they are guessed by their size.
    fn has_tagged_headings(&self, page: &pdfboss_core::Page) -> bool {
        use StandardType::{H, H1, H2, H3, H4, H5, H6};
        let Some(tags) = &self.tags else { return false };
        let items = block_on(tags.content_items_with(&Immediate(&self.document), page));
        items.iter().any(|item| {
            let kinds = item.placement.path.iter().map(|element| element.standard_type);
            kinds.into_iter().any(|kind| matches!(kind, H | H1 | H2 | H3 | H4 | H5 | H6))
        })
    }

    /// Returns what was filled in on a page or noted there.
    fn notes(&mut self, page: &pdfboss_core::Page) -> Vec<String> {
        let Some(Object::Array(annotations)) = self.entry(page.dict(), "Annots") else {
            return Vec::new();
        };
        let mut notes = Vec::new();
        for annotation in annotations.iter().take(self.members) {
            // A field that is shown more than once is told once.
            notes.extend(annotation.as_ref().and_then(|at| self.filled_in.remove(&at)));
            let Ok(Object::Dict(annotation)) = self.document.resolve(annotation) else { continue };
            let kind = self.entry(&annotation, "Subtype");
            match kind.as_ref().and_then(Object::as_name).map(|kind| kind.0.as_str()) {
                Some("Text" | "FreeText") => notes.extend(self.note(&annotation)),
                Some("FileAttachment") => self.attached.extend(self.file_name(&annotation)),
                _ => {}
            }
        }
        notes
    }

    /// Returns what a note says, or a text that was put on the page.
    fn note(&self, annotation: &Dict) -> Option<String> {
        /// Of the flags: that it is hidden, or not shown on the screen.
        const UNSEEN: i64 = 1 << 1 | 1 << 5;
        let flags = self.entry(annotation, "F").and_then(|flags| flags.as_int()).unwrap_or(0);
        let contents = self.entry(annotation, "Contents")?;
        (flags & UNSEEN == 0).then_some(decode_text_string(contents.as_str_bytes()?))
    }

    fn file_name(&self, annotation: &Dict) -> Option<String> {
        let file = annotation.get("FS")?;
        let file = block_on(file_spec_with(&Immediate(&self.document), file))?;
        Some(file.name()).filter(|name| !name.is_empty())
    }

    fn entry(&self, dict: &Dict, key: &str) -> Option<Object> {
        self.document.resolve(dict.get(key)?).ok()
    }

    /// Says whether these resources hold a picture, in forms within them as well.
    fn hold_picture(&self, resources: &Dict, depth: usize, left: &mut usize) -> bool {
        let Some(Object::Dict(drawn)) = self.entry(resources, "XObject") else { return false };
        drawn.iter().any(|(_, object)| {
            if *left == 0 || depth == 0 {
                return false;
            }
            *left -= 1;
            let Ok(Object::Stream(stream)) = self.document.resolve(object) else { return false };
            match self.entry(&stream.dict, "Subtype").as_ref().and_then(Object::as_name) {
                Some(kind) if kind.0 == "Image" => true,
                Some(kind) if kind.0 == "Form" => match self.entry(&stream.dict, "Resources") {
                    Some(Object::Dict(own)) => self.hold_picture(&own, depth - 1, left),
                    _ => false,
                },
                _ => false,
            }
        })
    }

    /// Returns the bookmarks that lead to a page, each before those within it.
    fn bookmarks(&self, items: &[OutlineItem]) -> Vec<Bookmark> {
        if items.is_empty() {
            return Vec::new();
        }
        let numbers: HashMap<ObjRef, usize> = (0..self.pages)
            .filter_map(|index| Some((self.document.page(index).ok()?.object_ref()?, index)))
            .collect();
        let mut bookmarks = Vec::new();
        let mut open = vec![(1_u8, items.iter())];
        while let Some((level, siblings)) = open.last_mut() {
            let level = *level;
            let Some(item) = siblings.next() else {
                open.pop();
                continue;
            };
            let page = item.destination.and_then(|destination| match destination.page {
                DestinationPage::Object(page) => numbers.get(&page).copied(),
                DestinationPage::Number(number) => usize::try_from(number).ok(),
            });
            if let Some(page) = page {
                let top = item.destination.and_then(|destination| top(destination.fit));
                bookmarks.push(Bookmark { level, title: item.title.clone(), page, top });
            }
            open.push((level.saturating_add(1), item.children.iter()));
        }
        bookmarks
    }

    fn xmp(&self) -> Option<String> {
        let catalog = self.entry(&self.document.xref().trailer, "Root")?;
        let packet = self.entry(catalog.as_dict()?, "Metadata")?;
        let packet = packet.as_stream().filter(|packet| packet.data.len() <= MAX_XMP)?;
        let packet = self.document.stream_data(packet).ok()?;
        Some(String::from_utf8_lossy(packet.get(..MAX_XMP).unwrap_or(&packet)).into_owned())
    }
}

impl PdfText for Pdfboss {
    fn pages(&self) -> usize {
        self.pages
    }

    fn page(&mut self, index: usize) -> Page {
        if index > 0 && index.is_multiple_of(PAGES_HELD) {
            self.document = self.document.fork();
        }
        let Ok(page) = self.document.page(index) else { return Page::default() };
        Page {
            label: self.labels.as_deref().map(|labels| page_label(labels, index)),
            blocks: self.laid_out(&page),
            notes: self.notes(&page),
            undecoded: false,
        }
    }

    fn shows_picture(&self, index: usize) -> bool {
        let Ok(page) = self.document.page(index) else { return false };
        // A picture may also be drawn within the content.
        let drawn_within = || {
            let content = page.content(&self.document).unwrap_or_default();
            let holds = |operator: &[u8]| content.windows(2).any(|bytes| bytes == operator);
            holds(b"BI") && holds(b"EI")
        };
        self.hold_picture(&page.resources, MAX_FORMS, &mut MAX_DRAWN.clone()) || drawn_within()
    }

    fn outline(&self) -> Vec<Bookmark> {
        self.bookmarks(&self.document.outline())
    }

    fn about(&self) -> About {
        let info = self.document.metadata();
        let embedded = self.document.embedded_files().into_iter().map(|file| {
            Some(file.spec.name()).filter(|name| !name.is_empty()).unwrap_or(file.name)
        });
        About {
            title: info.title,
            author: info.author,
            subject: info.subject,
            keywords: info.keywords,
            created: info.creation_date,
            modified: info.mod_date,
            xmp: self.xmp(),
            language: self.document.language(),
            attachments: embedded.chain(self.attached.clone()).take(self.members).collect(),
        }
    }
}

/// Returns a block of the layout. A heading that is not tagged is a guess, and running text to us.
fn block_of(block: Laid, tagged: bool) -> Block {
    let one_each = |lines: Vec<LaidLine>| lines.into_iter().map(|it| vec![line_of(it)]).collect();
    match block {
        Laid::Heading { level, lines, .. } if tagged => {
            Block { kind: Kind::Heading(level), parts: one_each(lines) }
        }
        Laid::Heading { lines, .. } => Block { kind: Kind::Prose, parts: one_each(lines) },
        Laid::Paragraph { lines, role, .. } => {
            let kind = match role {
                Role::PageHeader | Role::PageFooter => Kind::Running,
                Role::Body | Role::Quote => Kind::Prose,
            };
            Block { kind, parts: one_each(lines) }
        }
        Laid::List { items, .. } => {
            let item = |lines: Vec<LaidLine>| lines.into_iter().map(line_of).collect();
            let parts = items.into_iter().map(|it| item(it.lines)).collect();
            Block { kind: Kind::List, parts }
        }
        Laid::Table { rows, .. } => {
            let cells = |row: Vec<pdfboss_output::Cell>| {
                row.into_iter().filter_map(|cell| cell.line).map(line_of).collect()
            };
            Block { kind: Kind::Table, parts: rows.into_iter().map(cells).collect() }
        }
    }
}

fn line_of(line: LaidLine) -> Line {
    let text = line.inlines.iter().map(|inline| inline.text.as_str()).collect();
    Line { text, left: line.x, right: line.end_x, y: line.y, size: line.size }
}

/// Returns the height on the page that a destination shows at the top of the window.
fn top(fit: Fit) -> Option<f32> {
    match fit {
        Fit::Xyz { top, .. } | Fit::FitH { top } | Fit::FitBH { top } => top,
        Fit::FitR { top, .. } => Some(top),
        Fit::Fit | Fit::FitV { .. } | Fit::FitB | Fit::FitBV { .. } => None,
    }
}

/// Returns what a field of a form says, by each annotation that shows it.
fn filled_in(field: &FormField) -> Vec<(ObjRef, String)> {
    let value = match field.field_type {
        Some(FieldType::Text) if !field.flags.password() => field.text(),
        Some(FieldType::Choice) => Some(field.selected().join(", ")),
        Some(FieldType::Button) if field.checked() == Some(true) => Some("[x]".to_owned()),
        _ => None,
    };
    let Some(value) = value.filter(|value| !value.trim().is_empty()) else { return Vec::new() };
    let said = match &field.alternate_name {
        Some(name) => format!("{name}: {value}"),
        // That something is checked says nothing without what it is.
        None if field.field_type == Some(FieldType::Button) => return Vec::new(),
        None => value,
    };
    field.widgets.iter().map(|widget| (widget.object, said.clone())).collect()
}
