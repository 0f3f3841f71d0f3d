//! Reads a query with operators: by tantivy's grammar, each word by all languages of the index.

use tantivy::query::{Query, QueryParser};
use tantivy::query_grammar::{
    Delimiter, Occur, UserInputAst, UserInputLeaf, UserInputLiteral, parse_query_lenient,
};
use tantivy::schema::Field;

use crate::LexicalIndex;
use crate::analyzer::Detail;
use crate::replay::written;
use crate::scripts::is_unspaced;

/// Returns what a query asks of these fields; `boost` multiplies the scores of the title.
pub(crate) fn parse(
    index: &LexicalIndex,
    query: &str,
    fields: Vec<Field>,
    boost: Option<f32>,
) -> Box<dyn Query> {
    let mut parser = QueryParser::for_index(index.searcher().index(), fields);
    if let Some(boost) = boost {
        parser.set_field_boost(index.fields.title, boost);
    }
    // In a field's name the parser's own end of a path, a NUL, makes it panic.
    let query = query.replace(char::is_control, " ");
    if !index.analyzer().knows_languages() {
        return parser.parse_query_lenient(&query).0;
    }
    let (ast, _ignored) = parse_query_lenient(&query);
    parser.build_query_from_user_input_ast_lenient(read(index, ast, true)).0
}

/// Returns a query in which every word is what the languages make of it. `is_wish` says that nothing has to
/// be met.
fn read(index: &LexicalIndex, ast: UserInputAst, is_wish: bool) -> UserInputAst {
    match ast {
        UserInputAst::Clause(clauses) => {
            let clause = |(occur, ast): (Option<Occur>, UserInputAst)| {
                (occur, read(index, ast, !matches!(occur, Some(Occur::Must | Occur::MustNot))))
            };
            UserInputAst::Clause(clauses.into_iter().map(clause).collect())
        }
        UserInputAst::Boost(ast, boost) => {
            UserInputAst::Boost(Box::new(read(index, *ast, is_wish)), boost)
        }
        UserInputAst::Leaf(leaf) => match *leaf {
            UserInputLeaf::Literal(literal) if is_text(&literal) => words(index, literal, is_wish),
            leaf => UserInputAst::Leaf(Box::new(leaf)),
        },
    }
}

/// Whether a literal is looked for in title or body, and not in the metadata or the path.
fn is_text(literal: &UserInputLiteral) -> bool {
    literal.field_name.as_deref().is_none_or(|field| field == "title" || field == "body")
}

/// Returns what the languages make of a literal: any of it will do.
fn words(index: &LexicalIndex, literal: UserInputLiteral, is_wish: bool) -> UserInputAst {
    let analyzer = index.analyzer();
    let text = &literal.phrase;
    let mut readings: Vec<String> = Vec::new();
    for (language, _) in analyzer.readings(text) {
        let tokens = analyzer.tokens(text, language, Detail::Words);
        // Where no space parts words, side by side is not said to mean a phrase.
        let is_phrase = literal.delimiter != Delimiter::None || !text.contains(is_unspaced);
        let parts =
            if is_wish && !is_phrase { tokens.chunks(1) } else { tokens.chunks(usize::MAX) };
        for reading in parts.map(written) {
            if !readings.contains(&reading) {
                readings.push(reading);
            }
        }
    }
    if readings.is_empty() {
        // Stop words alone find nothing; but some text there must be, or all passages are meant.
        readings.push(written(&[]) + text);
    }
    let leaf = |phrase| {
        let literal = UserInputLiteral { phrase, ..literal.clone() };
        UserInputAst::Leaf(Box::new(UserInputLeaf::Literal(literal)))
    };
    if let [phrase] = readings.as_slice() {
        return leaf(phrase.clone());
    }
    let either = |phrase| (Some(Occur::Should), leaf(phrase));
    UserInputAst::Clause(readings.into_iter().map(either).collect())
}
