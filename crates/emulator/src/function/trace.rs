//! Which calls were made for which: the trace of a request in its W3C form, `00-TRACE-PARENT-FLAGS`. Pure.
//!
//! The digits of a request's id are the id of the trace that it begins, and their first half is the span of its own. So an id
//! leads to the calls made under it, and nothing has to be kept of requests that nobody made for another.

use http::HeaderMap;

/// The header of a trace.
pub(crate) const TRACEPARENT: &str = "traceparent";
/// The same as `TRACE:SPAN:PARENT:FLAGS`: in the header of the vendor's own SDKs, and in that of Jaeger's clients, which the
/// vendor's pages on tracing use.
const JAEGER: [&str; 2] = ["x-fc-tracing-opentracing-span-context", "uber-trace-id"];

/// Where a request comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    /// The trace that its sender is in: 32 digits.
    pub(crate) trace: String,
    /// The span that asks: 16 digits.
    pub(crate) span: String,
}

impl Origin {
    /// By a request's headers. What is no trace is passed over, as the standard wants it.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        let text = |name: &str| headers.get(name)?.to_str().ok();
        let w3c = text(TRACEPARENT).and_then(Self::of_traceparent);
        let mut jaeger = JAEGER.into_iter().filter_map(text);
        w3c.or_else(|| jaeger.find_map(Self::of_jaeger))
    }

    /// By the text of a `traceparent`. Later versions may have more behind what is known of the first.
    pub(crate) fn of_traceparent(text: &str) -> Option<Self> {
        let mut parts = text.trim().split('-');
        let version = parts.next().filter(|version| version.len() == 2)?;
        let found = Self::new((parts.next()?, 32), (parts.next()?, 16))?;
        let flags = parts.next().filter(|flags| flags.len() == 2)?;
        let is_known = is_hex(version) && version != "ff" && is_hex(flags);
        let is_whole = version != "00" || parts.next().is_none();
        (is_known && is_whole).then_some(found)
    }

    /// Of what a request asks for: in the trace of its own sender, or in its own.
    pub(crate) fn of_request(sender: Option<&Self>, request_id: &str) -> Self {
        let own = trace_id(request_id);
        let span = own[..16].to_owned();
        let trace = sender.map_or(own, |sender| sender.trace.clone());
        Self { trace, span }
    }

    /// Its `traceparent`.
    pub(crate) fn text(&self) -> String {
        ["00-", &self.trace, "-", &self.span, "-01"].concat()
    }

    fn of_jaeger(text: &str) -> Option<Self> {
        let mut parts = text.trim().splitn(3, ':');
        let (trace, span) = (parts.next()?, parts.next()?);
        parts.next()?;
        // Digits in front may be left out.
        Self::new(
            (&format!("{trace:0>32}"), 32),
            (&format!("{span:0>16}"), 16),
        )
    }

    fn new(
        (trace, trace_length): (&str, usize),
        (span, span_length): (&str, usize),
    ) -> Option<Self> {
        let is_id = |text: &str, length| {
            text.len() == length && is_hex(text) && text.bytes().any(|digit| digit != b'0')
        };
        (is_id(trace, trace_length) && is_id(span, span_length)).then(|| Self {
            trace: trace.to_ascii_lowercase(),
            span: span.to_ascii_lowercase(),
        })
    }
}

/// The trace that a request begins. An id of another form than the vendor's is brought to the form of one.
pub(crate) fn trace_id(request_id: &str) -> String {
    let mut digits = String::with_capacity(request_id.len());
    digits.extend(request_id.chars().filter(char::is_ascii_hexdigit));
    digits.make_ascii_lowercase();
    match digits.len() {
        32 => digits,
        _ => wire::digest::sha256_hex(request_id.as_bytes())[..32].to_owned(),
    }
}

/// The span of a request: what its own calls name as their parent.
pub(crate) fn span_id(request_id: &str) -> String {
    trace_id(request_id)[..16].to_owned()
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
    const SPAN: &str = "b7ad6b7169203331";

    fn origin(name: &'static str, text: &str) -> Option<(String, String)> {
        let value = http::HeaderValue::from_str(text).unwrap();
        let headers = HeaderMap::from_iter([(http::HeaderName::from_static(name), value)]);
        Origin::of(&headers).map(|origin| (origin.trace, origin.span))
    }

    #[test]
    fn a_callers_trace_is_read_and_what_is_none_is_passed_over() {
        let both = Some((TRACE.to_owned(), SPAN.to_owned()));
        for text in [
            format!("00-{TRACE}-{SPAN}-01"),
            format!("00-{TRACE}-{SPAN}-00"),
            format!("cc-{TRACE}-{SPAN}-01-what-comes-later"),
        ] {
            assert_eq!(origin(TRACEPARENT, &text), both, "{text}");
        }
        for text in [
            String::new(),
            format!("00-{TRACE}-{SPAN}"),
            format!("00-{TRACE}-{SPAN}-01-more"),
            format!("ff-{TRACE}-{SPAN}-01"),
            format!("00-{}-{SPAN}-01", "0".repeat(32)),
            format!("00-{TRACE}-{}-01", "0".repeat(16)),
            format!("00-{SPAN}-{SPAN}-01"),
            format!("0x-{TRACE}-{SPAN}-01"),
        ] {
            assert_eq!(origin(TRACEPARENT, &text), None, "{text}");
        }
        for name in JAEGER {
            assert_eq!(origin(name, &format!("{TRACE}:{SPAN}:0:1")), both);
            let short = Some((format!("{:0>32}", "ab"), format!("{:0>16}", "7")));
            assert_eq!(origin(name, "ab:7:0:1"), short);
            assert_eq!(origin(name, "ab:7"), None);
        }
    }

    #[test]
    fn what_is_passed_on_leads_back_to_the_request() {
        let id = "A0B1C2D3-E4F5-4678-A9BC-DEF012345678";
        let own = "a0b1c2d3e4f54678a9bcdef012345678";
        let begun = Origin::of_request(None, id);
        assert_eq!(begun.text(), format!("00-{own}-{}-01", &own[..16]));
        let sender = Origin::of_traceparent(&format!("00-{TRACE}-{SPAN}-01"));
        let within = Origin::of_request(sender.as_ref(), id);
        assert_eq!(
            (within.trace.as_str(), &*within.span),
            (TRACE, &*span_id(id))
        );
        for odd in ["event-1", ""] {
            let begun = Origin::of_request(None, odd);
            assert_eq!(Origin::of_traceparent(&begun.text()), Some(begun));
        }
    }
}
