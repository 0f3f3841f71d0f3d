//! Where the text of a group goes.

/// Where the text of a group goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Destination {
    /// The document.
    Body,
    /// Nowhere: it is no text.
    Nowhere,
    FontTable,
    StyleSheet,
    /// What is known of the document; its fields are in groups of their own.
    Info,
    /// A field of that, under the name that it has among the metadata.
    InfoText(&'static str),
    InfoDate(&'static str),
    /// The number or bullet of an item.
    ListText,
    Aside(Aside),
}

/// A text that stands beside the one that refers to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Aside {
    Note,
    Comment,
    TextBox,
    /// A header or footer.
    Margin,
}

/// Returns the destination that a control word opens; none if it opens none.
pub(super) fn opened_by(word: &str) -> Option<Destination> {
    Some(match word {
        "fonttbl" => Destination::FontTable,
        "stylesheet" => Destination::StyleSheet,
        "info" => Destination::Info,
        "title" => Destination::InfoText("title"),
        "author" => Destination::InfoText("author"),
        "subject" => Destination::InfoText("subject"),
        "keywords" => Destination::InfoText("keywords"),
        "creatim" => Destination::InfoDate("created"),
        "revtim" => Destination::InfoDate("modified"),
        "listtext" | "pntext" => Destination::ListText,
        "footnote" => Destination::Aside(Aside::Note),
        "annotation" => Destination::Aside(Aside::Comment),
        "shptxt" | "dptxbxtext" => Destination::Aside(Aside::TextBox),
        "header" | "headerl" | "headerr" | "headerf" | "footer" | "footerl" | "footerr"
        | "footerf" => Destination::Aside(Aside::Margin),
        // What a shape looks like where shapes are not known: the same text again.
        "shprslt" | "nonshppict" | "nonesttables" => Destination::Nowhere,
        "atnauthor" | "atndate" | "atnicn" | "atnid" | "atnparent" | "atnref" | "atntime"
        | "bkmkend" | "bkmkstart" | "buptim" | "category" | "colorschememapping" | "colortbl"
        | "comment" | "company" | "datafield" | "datastore" | "doccomm" | "docvar" | "falt"
        | "factoidname" | "filetbl" | "fldinst" | "fldtype" | "fontemb" | "formfield" | "ftncn"
        | "ftnsep" | "ftnsepc" | "aftncn" | "aftnsep" | "aftnsepc" | "generator" | "hlinkbase"
        | "latentstyles" | "listoverridetable" | "listpicture" | "listtable" | "manager"
        | "objalias" | "objclass" | "objdata" | "objname" | "operator" | "panose" | "pgptbl"
        | "pict" | "pn" | "pntxta" | "pntxtb" | "printim" | "private" | "revtbl" | "rsidtbl"
        | "rxe" | "sn" | "sp" | "sv" | "tc" | "tcn" | "template" | "themedata" | "txe"
        | "userprops" | "wgrffmtfilter" | "xe" | "xmlnstbl" => Destination::Nowhere,
        _ => return None,
    })
}

/// Says whether a group is read though `\*` says that it may be left out.
pub(super) fn is_read_if_optional(word: &str) -> bool {
    matches!(word, "annotation" | "do" | "listtext" | "pntext" | "shpinst")
}
