//! IPv4 options of a connection: which are harmless, and which let a client lie about its address
//! (RFC 791, section 3.1).

/// What the options of a connection mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IpOptions {
    /// There are none.
    None,
    /// They are logged and cleared.
    Harmless(Vec<u8>),
    /// The packets took a way that the client chose, so the address proves nothing.
    SourceRoute,
}

const END: u8 = 0;
const NO_OPERATION: u8 = 1;
const LOOSE_SOURCE_ROUTE: u8 = 131;
const STRICT_SOURCE_ROUTE: u8 = 137;

impl IpOptions {
    /// Reads the bytes that the IP_OPTIONS socket option gives. Bytes that are no well-formed
    /// options count as a source route, since nothing can be said of them.
    pub fn parse(options: &[u8]) -> Self {
        let mut rest = options;
        loop {
            rest = match rest {
                [] | [END, ..] => break,
                [NO_OPERATION, tail @ ..] => tail,
                [LOOSE_SOURCE_ROUTE | STRICT_SOURCE_ROUTE, ..] => return Self::SourceRoute,
                [_, length, ..] if *length >= 2 => match rest.get(usize::from(*length)..) {
                    Some(tail) => tail,
                    None => return Self::SourceRoute,
                },
                _ => return Self::SourceRoute,
            };
        }
        if options.is_empty() {
            Self::None
        } else {
            Self::Harmless(options.to_vec())
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;

    #[test]
    fn a_source_route_is_found_wherever_it_stands() {
        for (options, expected) in [
            (&[][..], "None"),
            (
                &[7, 7, 8, 127, 0, 0, 1, 0],
                "Harmless([7, 7, 8, 127, 0, 0, 1, 0])",
            ),
            (&[0, 0, 0, 0x83], "Harmless([0, 0, 0, 131])"),
            (&[1, 1, 1, 1], "Harmless([1, 1, 1, 1])"),
            (&[0x83, 7, 4, 127, 0, 0, 1, 0], "SourceRoute"),
            (&[0x89, 7, 4, 127, 0, 0, 1, 0], "SourceRoute"),
            (&[1, 0x83, 7, 4, 127, 0, 0, 1], "SourceRoute"),
            (&[1, 1, 1, 1, 0x83, 7, 4, 127, 0, 0, 1, 0], "SourceRoute"),
            (&[7, 3, 4, 0x89, 7, 4, 127, 0, 0, 1], "SourceRoute"),
            (
                &[7, 7, 0x83, 0x83, 0x83, 0x83, 0x83],
                "Harmless([7, 7, 131, 131, 131, 131, 131])",
            ),
            (&[7, 0, 1], "SourceRoute"),
            (&[7, 9, 1], "SourceRoute"),
            (&[7], "SourceRoute"),
        ] {
            assert_eq!(format!("{:?}", IpOptions::parse(options)), expected);
        }
    }

    proptest! {
        /// A source route is never taken for anything else, whatever stands before it.
        #[test]
        fn a_source_route_is_always_seen(
            before in vec((2..80_u8, vec(any::<u8>(), 0..6)), 0..4),
            kind in select(&[131, 137_u8][..]),
            after in vec(any::<u8>(), 0..8),
        ) {
            let mut options = Vec::new();
            for (kind, data) in before {
                options.extend([kind, data.len() as u8 + 2]);
                options.extend(data);
            }
            options.push(kind);
            options.extend(after);
            prop_assert_eq!(IpOptions::parse(&options), IpOptions::SourceRoute);
        }
    }
}
