//! Job files: what to run, on what, for how much, and what becomes of the result.
//!
//! TOML. A key that this program does not know is an error: a misspelt `max_price` must not buy at any price. File names
//! are relative to the job file. `docs/job-files.md` describes every key.
//!
//! ```toml
//! kernel = "mandelbrot.mk"            # or a .mkb file, or the 0x… hash of a registered kernel
//! items = 16384
//! params = [-2, 1]                    # negative numbers as two's complement
//!
//! [[inputs]]
//! file = "genome.fa.gz"
//! format = "fasta"
//!
//! [output]
//! file = "mandelbrot.png"
//! format = "png-gray8"
//! width = 512
//! height = 512
//!
//! [offer]
//! pool = "cpu-4/any"
//! max_price = "0.00003 MILL"          # for 2^30 units
//! ```

mod document;
mod error;
mod input;
mod output;
mod suggest;

pub use document::{Buy, JobFile, Kernel, Offer};
pub use error::JobFileError;
pub use input::{read_input, InputFormat, InputSource, MAX_INPUT_BYTES};
pub use output::{write_atomically, OutputError, OutputFormat, OutputSpec};
