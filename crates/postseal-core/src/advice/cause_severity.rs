use super::{BadValue, Cause, MtaStsFault, MtaStsMode, Severity};

impl Cause {
    /// How grave it is.
    pub fn severity(&self) -> Severity {
        match self {
            Cause::SpfUnknownModifier { mechanism: true, .. } => Severity::Warning,
            // RFC 9989 §4.8: "Syntax errors in the remainder of the record MUST be discarded in favor of
            // default values (if any) or ignored outright."
            Cause::DmarcBadValue { consequence: BadValue::Discarded, .. } => Severity::Warning,
            // A record is there, so protection was wanted; mail is delivered all the same.
            Cause::MtaStsMissing { policy: Some(_) } => Severity::Warning,
            Cause::MtaStsSyntax { fault: MtaStsFault::Policy(fault), .. } if fault.is_harmless() => {
                Severity::Warning
            }
            Cause::MtaStsSyntax { fault: MtaStsFault::MxNotNamed { mode: MtaStsMode::Testing }, .. } => {
                Severity::Warning
            }
            _ => self.id().severity(),
        }
    }
}
