//! The router over ports in memory, against a small Zoom and a small Marketo. A test that proves a rule of DESIGN section
//! 2 has its number in its name; one that proves a code has the code in it.

mod denied;
mod failures;
mod flow_step;
mod insight;
mod marketo;
mod matrix;
mod outages;
mod trapping;
mod webhook;
mod world;
mod zoom;
