"""The rules of safeguarding triage: words in, how soon a trained person must look, and why."""

from services.triage.rules.assess import assess
from services.triage.rules.assessment import Assessment, Evidence

__all__ = ["Assessment", "Evidence", "assess"]
