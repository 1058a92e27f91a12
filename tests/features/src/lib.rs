//! No code: the manifest selects features.
