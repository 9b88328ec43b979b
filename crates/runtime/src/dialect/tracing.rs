//! What code is told of the trace of a call, when its function has a `tracingConfig`: names and form are the vendor's.

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::spec::Spec;

/// The span of a call, for programs that are told by headers.
pub(super) const SPAN: HeaderName =
    HeaderName::from_static("x-fc-tracing-opentracing-span-context");
/// What goes with the span: JSON in Base64, and nothing here, since nobody hands such things in.
const BAGGAGES: HeaderName = HeaderName::from_static("x-fc-tracing-opentracing-span-baggages");
/// Where spans are to be sent.
const ENDPOINT: HeaderName = HeaderName::from_static("x-fc-tracing-jaeger-endpoint");

/// Adds what is the same for all calls. Without a `tracingConfig` that is nothing: to the vendor's libraries an absent header is
/// an empty text.
pub(super) fn tell(spec: &Spec, headers: &mut HeaderMap) {
    let endpoint = spec.tracing.as_deref().map(HeaderValue::try_from);
    if let Some(Ok(endpoint)) = endpoint {
        headers.insert(ENDPOINT, endpoint);
        headers.insert(BAGGAGES, HeaderValue::from_static(""));
    }
}

/// The span that a `traceparent` names, as `TRACE:SPAN:PARENT:FLAGS`. Its own parent is not in there; 0 stands for that.
pub(super) fn span(traceparent: &str) -> Option<String> {
    let mut parts = traceparent.split('-').skip(1);
    let (trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?);
    let flags = u8::from_str_radix(flags, 16).ok()?;
    Some(format!("{trace}:{span}:0:{flags:x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_traceparent_is_said_as_jaeger_says_it() {
        let said = |flags: &str| span(&format!("00-0af7-b7ad-{flags}"));
        assert_eq!(said("01").as_deref(), Some("0af7:b7ad:0:1"));
        assert_eq!(said("00").as_deref(), Some("0af7:b7ad:0:0"));
        assert_eq!(said("1f").as_deref(), Some("0af7:b7ad:0:1f"));
        for none in ["", "00-0af7-b7ad", "00-0af7-b7ad-xx"] {
            assert_eq!(span(none), None, "{none}");
        }
    }
}
