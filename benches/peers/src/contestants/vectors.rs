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
    rows: Vec<Vec<f32>>,
    queries: Vec<Vec<f32>>,
    index: Option<VectorIndex>,
}

impl Vectors {
    /// Reads the vectors; the index is yet to be built.
    pub fn load(folder: &Path, hnsw: bool) -> Result<Self, Failure> {
        let ann = if hnsw { Ann::Hnsw } else { Ann::Exact };
        let rows = read_rows(&folder.join("rows.f32"))?;
        let queries = read_rows(&folder.join("queries.f32"))?;
        Ok(Self { folder: folder.to_owned(), ann, rows, queries, index: None })
    }

    fn build(&self) -> Result<VectorIndex, Failure> {
        let folder = self.folder.join(format!("index-{:?}", self.ann).to_lowercase());
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        let settings = VectorSettings { ann: self.ann, ..VectorSettings::default() };
        let mut writer = VectorWriter::create(&folder, DIMENSION, settings)?;
        for (id, row) in (0..).zip(&self.rows) {
            writer.add(PassageId(id), row)?;
        }
        let state = writer.commit(1, true)?;
        Ok(VectorIndex::open(&folder, &state)?)
    }
}

impl Contestant for Vectors {
    fn run(&mut self, work: &Work) -> Result<Vec<Vec<f32>>, Failure> {
        match (work, &self.index) {
            (Work::Build, _) => {
                self.index = Some(self.build()?);
                Ok(Vec::new())
            }
            (&Work::Search { k, ef }, Some(index)) => {
                let retriever = index.retriever(VectorSearch { ann: self.ann, ef });
                let found = |vector: &Vec<f32>| {
                    let query = Query { text: "", vector };
                    let hits = retriever.retrieve(query, k, None)?;
                    Ok(hits.iter().map(|hit| hit.id.0 as f32).collect())
                };
                self.queries.iter().map(found).collect()
            }
            (other, _) => Err(format!("{other:?} is not for an index, or it is not built").into()),
        }
    }
}
