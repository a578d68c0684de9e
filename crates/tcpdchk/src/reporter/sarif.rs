//! Findings as SARIF 2.1.0 (`--format sarif`), which code hosting sites and editors read.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use serde_json::Value;
use serde_sarif::sarif::{
    ArtifactChange, ArtifactContent, ArtifactLocation, Fix, Location, Message,
    MultiformatMessageString, PhysicalLocation, Region, Replacement, ReportingConfiguration,
    ReportingDescriptor, Result as SarifResult, ResultLevel, Run, Sarif, Suppression, Tool,
    ToolComponent,
};
use tools::remark::{Check, Level};

use crate::finding::{FilePlace, Finding};

/// Where the schema is published.
const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// The whole report, with every kind of finding that there is.
pub(super) fn report(
    results: Vec<SarifResult>,
    checks: impl Iterator<Item = &'static Check>,
) -> Sarif {
    let rules: Vec<_> = checks
        .map(|check| {
            ReportingDescriptor::builder()
                .id(check.id)
                .short_description(text(check.title))
                .full_description(text(check.why))
                .help(text(check.remedy))
                .default_configuration(
                    ReportingConfiguration::builder()
                        .level(Value::from(check.level.to_string()))
                        .build(),
                )
                .build()
        })
        .collect();
    let driver = ToolComponent::builder()
        .name("tcpdchk")
        .version(env!("CARGO_PKG_VERSION"))
        .rules(rules)
        .build();
    let run = Run::builder()
        .tool(Tool::builder().driver(driver).build())
        .column_kind(Value::from("unicodeCodePoints"))
        .results(results)
        .build();
    Sarif::builder()
        .schema(SCHEMA)
        .version(Value::from("2.1.0"))
        .runs(vec![run])
        .build()
}

/// A finding; `reason` if a comment silences it.
pub(super) fn result(finding: &Finding, reason: Option<&str>) -> SarifResult {
    let result = SarifResult::builder()
        .rule_id(finding.check.id)
        .level(match finding.check.level {
            Level::Error => ResultLevel::Error,
            Level::Warning => ResultLevel::Warning,
            Level::Note => ResultLevel::Note,
        })
        .message(Message::builder().text(&*finding.text).build())
        .build();
    let place = finding.place.as_ref();
    SarifResult {
        locations: place.map(|place| vec![location(place)]),
        fixes: place.and_then(|place| Some(vec![fix(place, finding.instead.as_ref()?)?])),
        suppressions: reason.map(|reason| {
            let suppression = Suppression::builder().kind(Value::from("inSource"));
            vec![suppression.justification(reason).build()]
        }),
        ..result
    }
}

fn text(text: &str) -> MultiformatMessageString {
    MultiformatMessageString::builder().text(text).build()
}

fn location(place: &FilePlace) -> Location {
    let physical = PhysicalLocation::builder()
        .artifact_location(artifact(place))
        .region(region(place))
        .build();
    Location::builder().physical_location(physical).build()
}

fn artifact(place: &FilePlace) -> ArtifactLocation {
    ArtifactLocation::builder().uri(uri(&place.file)).build()
}

/// The word, or else the first line of the rule.
fn region(place: &FilePlace) -> Region {
    let column = |column: usize| i64::try_from(column).unwrap_or(i64::MAX);
    let line = |line: u64| i64::try_from(line.max(1)).unwrap_or(i64::MAX);
    let Some(mark) = &place.mark else {
        return Region::builder().start_line(line(place.first)).build();
    };
    let word = mark.excerpt.get(mark.span.clone()).unwrap_or_default();
    Region::builder()
        .start_line(line(mark.line))
        .start_column(column(mark.column))
        .end_column(column(mark.column + word.chars().count()))
        .build()
}

fn fix(place: &FilePlace, instead: &str) -> Option<Fix> {
    place.mark.as_ref()?;
    let replacement = Replacement::builder()
        .deleted_region(region(place))
        .inserted_content(ArtifactContent::builder().text(instead).build())
        .build();
    let change = ArtifactChange::builder()
        .artifact_location(artifact(place))
        .replacements(vec![replacement])
        .build();
    let fix = Fix::builder().artifact_changes(vec![change]);
    Some(
        fix.description(Message::builder().text(format!("write: {instead}")).build())
            .build(),
    )
}

/// A path as a reference of RFC 3986: relative as it stands, or with the scheme `file`.
fn uri(path: &Path) -> String {
    let bytes = path.as_os_str().as_bytes();
    let bytes = bytes.strip_prefix(b"./").unwrap_or(bytes);
    let mut uri = String::from(if bytes.starts_with(b"/") {
        "file://"
    } else {
        ""
    });
    for byte in bytes {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' => uri.push(char::from(*byte)),
            _ if byte.is_ascii_alphanumeric() => uri.push(char::from(*byte)),
            _ => uri += &format!("%{byte:02X}"),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_references() {
        for (path, expected) in [
            ("./etc/hosts.allow", "etc/hosts.allow"),
            ("/etc/hosts.allow", "file:///etc/hosts.allow"),
            ("a b:c%", "a%20b%3Ac%25"),
        ] {
            assert_eq!(uri(Path::new(path)), expected);
        }
    }
}
