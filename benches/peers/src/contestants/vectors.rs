//! trommel's vector index: through HNSW, or the exact scan.

use std::fs;
use std::path::{Path, PathBuf};

use trommel_core::{PassageId, Query, Retriever};
use trommel_vector::{Ann, VectorIndex, VectorSearch, VectorSettings, VectorWriter};

use crate::Failure;
use crate::contestant::Contestant;
use crate::work::{DIMENSION, Work, read_rows};

pub struct Vectors {
    folder: PathBuf,
    ann: Ann,
    built: Option<Built>,
}

struct Built {
    index: VectorIndex,
    queries: Vec<Vec<f32>>,
}

impl Vectors {
    /// Returns an index that is yet to be built.
    pub fn new(folder: &Path, hnsw: bool) -> Self {
        let ann = if hnsw { Ann::Hnsw } else { Ann::Exact };
        Self { folder: folder.to_owned(), ann, built: None }
    }

    fn build(&self) -> Result<Built, Failure> {
        let rows = read_rows(&self.folder.join("rows.f32"))?;
        let queries = read_rows(&self.folder.join("queries.f32"))?;
        let folder = self.folder.join(format!("index-{:?}", self.ann).to_lowercase());
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        let settings = VectorSettings { ann: self.ann, ..VectorSettings::default() };
        let mut writer = VectorWriter::create(&folder, DIMENSION, settings)?;
        for (id, row) in (0..).zip(&rows) {
            writer.add(PassageId(id), row)?;
        }
        let state = writer.commit(1, true)?;
        Ok(Built { index: VectorIndex::open(&folder, &state)?, queries })
    }
}

impl Contestant for Vectors {
    fn run(&mut self, work: &Work) -> Result<Vec<Vec<f32>>, Failure> {
        match (work, &self.built) {
            (Work::Build, _) => {
                self.built = Some(self.build()?);
                Ok(Vec::new())
            }
            (&Work::Search { k, ef }, Some(Built { index, queries })) => {
                let retriever = index.retriever(VectorSearch { ann: self.ann, ef });
                let found = |vector: &Vec<f32>| {
                    let query = Query { text: "", vector };
                    let hits = retriever.retrieve(query, k, None)?;
                    Ok(hits.iter().map(|hit| hit.id.0 as f32).collect())
                };
                queries.iter().map(found).collect()
            }
            (other, _) => Err(format!("{other:?} is not for an index, or it is not built").into()),
        }
    }
}
