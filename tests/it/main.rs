//! Behaviour of the whole, from outside.

mod provider;
