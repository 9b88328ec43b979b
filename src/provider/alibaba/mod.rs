//! Alibaba Cloud over its real HTTP APIs.
