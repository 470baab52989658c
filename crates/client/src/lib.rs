//! The HTTP client under a stack.
#![cfg_attr(docsrs, feature(doc_cfg))]
