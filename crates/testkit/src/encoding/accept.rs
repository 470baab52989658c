//! Which coding an Accept-Encoding header asks for, by the server's own algorithm.
//!
//! `alternator/http_compression.cc`. It is not RFC 9110's: an unknown weight
//! counts as 1, `q =` is not seen as a weight, and `identity` never wins over a
//! coding with a weight above 0.

use super::Coding;

/// What an entry of the header can name; anything else is passed over.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Named {
    Gzip,
    Deflate,
    Any,
}

/// The weights of `gzip`, `deflate` and `*`; none for what was not named.
#[derive(Default)]
struct Weights([Option<f32>; 3]);

impl Weights {
    fn of(&self, named: Named) -> Option<f32> {
        self.0[named as usize]
    }
}

/// Chooses the coding for a body that is large enough to be compressed.
pub(crate) fn select(header: &str) -> Option<Coding> {
    let mut weights = Weights::default();
    let mut selected: Option<Named> = None;
    for entry in header.split(',') {
        let mut parts = entry.split(';');
        let Some(named) = parts.next().and_then(named) else {
            continue;
        };
        if weights.of(named).is_some_and(|weight| weight != 0.0) {
            continue;
        }
        let weight = weight(parts);
        weights.0[named as usize] = Some(weight);
        let better = match selected {
            // What is named wins over the wildcard also when they weigh the same.
            Some(Named::Any) => Some(weight) >= weights.of(Named::Any),
            Some(other) => Some(weight) > weights.of(other),
            None => weight > 0.0,
        };
        if better {
            selected = Some(named);
        }
    }
    match selected? {
        Named::Gzip => Some(Coding::Gzip),
        Named::Deflate => Some(Coding::Deflate),
        Named::Any => Some(wildcard(&weights)),
    }
}

/// The first coding that was not named, else the one that weighs more.
fn wildcard(weights: &Weights) -> Coding {
    match (weights.of(Named::Gzip), weights.of(Named::Deflate)) {
        (Some(_), None) => Coding::Deflate,
        (Some(gzip), Some(deflate)) if deflate > gzip => Coding::Deflate,
        _ => Coding::Gzip,
    }
}

fn named(name: &str) -> Option<Named> {
    match name.trim().to_ascii_lowercase().as_str() {
        "gzip" => Some(Named::Gzip),
        "deflate" => Some(Named::Deflate),
        "*" => Some(Named::Any),
        _ => None,
    }
}

fn weight<'a>(mut parameters: impl Iterator<Item = &'a str>) -> f32 {
    let found = parameters.find_map(|parameter| Some(parameter.split_once("q=")?.1));
    let weight = found.and_then(|text| text.trim().parse::<f32>().ok());
    weight.map_or(1.0, |weight| weight.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_own_vectors_hold() {
        const GZIP: Option<Coding> = Some(Coding::Gzip);
        const DEFLATE: Option<Coding> = Some(Coding::Deflate);
        let table = [
            ("gzip, deflate", GZIP),
            ("br, identity, deflate, gzip", DEFLATE),
            ("dog, gzip ,, cat", GZIP),
            ("gzip;q=0.8, deflate;q=0.5", GZIP),
            ("br, gzip;q=0, deflate; q = 0.5 , identity;q=0", DEFLATE),
            ("*", GZIP),
            ("*, deflate;q=0.5", GZIP),
            ("*, deflate", DEFLATE),
            ("*, gzip;q=0.5", DEFLATE),
            ("*, identity", GZIP),
            ("gzip;q=0.5,identity;q=0.8", GZIP),
            ("deflate;q=0.5,gzip;q=0.x", GZIP),
            ("deflate;q=0.5, gzip;q=31", GZIP),
            ("gzip;nq=0;q=1", None),
            ("gzip;q =0;q=1", GZIP),
            ("gzip;q=0, gzip;q=1, gzip;q=0", GZIP),
            ("GZip", GZIP),
            ("*, gzip;q=0.2, deflate;q=0.3", DEFLATE),
        ];
        for (header, expected) in table {
            assert_eq!(select(header), expected, "{header:?}");
        }
        let none = [
            "gzip ;q=0",
            "identity;q=0",
            "*;q=0",
            "gzip br",
            "gzip:q=1",
            "\"gzip\"",
            "x-gzip",
            "zstd",
            "br",
            "identity",
            "",
        ];
        for header in none {
            assert_eq!(select(header), None, "{header:?}");
        }
    }
}
