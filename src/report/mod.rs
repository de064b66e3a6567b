//! The stage that turns a [`Report`] into bytes. Renderers get the same report and add no judgement: every number and
//! every sentence of a finding comes from it, and only the fixed words around them stand here ([`words`]).
//!
//! Log text is written by strangers. What leaves through this stage was cleaned of secrets by [`redact::report`]
//! (called once, before any renderer), and each renderer makes the rest harmless for its own reader.

//pub mod html;
//pub mod json;
//pub mod markdown;
pub mod redact;
pub mod safe;
//pub mod text;
pub mod words;

mod layout;
//mod select;
mod show;
