//! The My Tokens through which Marketo shows a program's webinar (R4, R5).
//!
//! | module | what it is |
//! |---|---|
//! | `text` | a webinar as My Tokens; pure |
//! | `write` | bringing those of a program in line |

mod text;
mod write;

pub(crate) use text::my_tokens;
pub(crate) use write::bring_in_line;
