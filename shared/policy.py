"""Policies: every threshold that decides about training, promotion and routing, as versioned data.

``infra/policies/<profile>.yaml`` holds one each; the digest of its content travels with every decision that used it.
"""

import hashlib
import json
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.errors import SettingsError

POLICIES_DIR = Path(__file__).resolve().parent.parent / "infra" / "policies"
GRADES = "ABCD"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TrainingPolicy(_Frozen):
    """When a cluster is worth a specialist, and how one is trained."""

    min_examples: int = Field(gt=0, description="N: trainable rows after family caps")
    min_calls_per_day: float = Field(ge=0, description="X: lower bound of the rate over the observed span")
    min_regret: float = Field(ge=0, le=1, description="Y: share of spend avoidable at the price table")
    min_span_s: float = Field(ge=0, description="observed span, event time")
    min_coherence: float = Field(ge=0, le=1)
    min_diversity: float = Field(ge=0, le=1)
    max_noise: float = Field(ge=0, le=1)
    min_purity: float = Field(ge=0, le=1)
    horizon_days: float = Field(gt=0, description="days over which the saving must repay training and watching")
    max_rows: int = Field(gt=0)
    max_test_rows: int = Field(gt=0)
    family_cap: int = Field(gt=0, description="rows one family may give at first")
    max_concurrent_jobs: int = Field(gt=0)
    time_budget_s: float = Field(gt=0)
    lease_s: float = Field(gt=0, description="a job without heartbeat for this long is given to another worker")
    claim_within_s: float = Field(gt=0, description="a request that no worker claimed by then is made again")
    max_attempts: int = Field(gt=0)
    retry_after_rows: float = Field(gt=1, description="a refused cluster is tried again once it grew by this factor")
    base_model: str
    profile: str
    job_cost_usd: float = Field(ge=0, description="price of one job, for the saving's account")


class PromotionPolicy(_Frozen):
    """When a specialist moves up or down."""

    min_shadow_calls: int = Field(gt=0)
    max_shadow_calls: int = Field(gt=0, description="looked at up to here; not proven by then is a refusal")
    min_format: float = Field(gt=0, lt=1)
    min_parity: float = Field(gt=0, lt=1)
    max_escalation: float = Field(gt=0, lt=1)
    max_latency_increase: float = Field(description="against the frontier model, complete calls")
    min_cost_reduction: float = Field(gt=0, lt=1)
    alpha: float = Field(gt=0, lt=0.5)
    min_safety_grade: str = Field(pattern="^[ABCD]$")
    ramp: tuple[float, ...] = Field(min_length=1)
    min_answers_per_stage: int = Field(gt=0)
    holdback: float = Field(ge=0, lt=1)
    format_window: int = Field(gt=0)
    max_format_error: float = Field(gt=0, lt=1, description="share of the window above which a specialist is demoted")
    cooldown_s: float = Field(ge=0, description="after a demotion nothing moves up for this long")


class RoutingPolicy(_Frozen):
    """What a route must respect."""

    quality_sla: dict[str, float] = Field(description="lowest quality bound by user tier")
    min_safety_grade: dict[str, str] = Field(description="lowest grade by safety level")
    default_latency_budget_ms: float = Field(gt=0)
    default_max_cost_usd: float = Field(gt=0)
    chain_deadline_s: float = Field(gt=0)
    specialist_timeout_s: float = Field(gt=0)
    tool_loop_hold_s: float = Field(ge=0, description="inside a tool loop the previous share holds for this long")


class CurationPolicy(_Frozen):
    """What may be kept and learned from."""

    redaction_profile: str = Field(pattern="^(pii|hipaa)$")
    max_call_cost_usd: float = Field(gt=0, description="dearer calls are never trained on")
    cluster_freeze_size: int = Field(gt=0, description="clusters merge on ticks below this size, never above")
    test_share: float = Field(gt=0, lt=1)


class Policy(_Frozen):
    """One profile. ``version`` is the digest of its content."""

    name: str
    training: TrainingPolicy
    promotion: PromotionPolicy
    routing: RoutingPolicy
    curation: CurationPolicy

    @property
    def version(self) -> str:
        content = json.dumps(self.model_dump(mode="json"), sort_keys=True)
        return f"{self.name}-{hashlib.sha256(content.encode()).hexdigest()[:12]}"


def load_policy(profile: str, policies_dir: Path = POLICIES_DIR) -> Policy:
    """Raises ``SettingsError`` that names file and field."""
    path = policies_dir / f"{profile}.yaml"
    try:
        return Policy.model_validate(yaml.safe_load(path.read_text()))
    except FileNotFoundError:
        known = ", ".join(sorted(other.stem for other in policies_dir.glob("*.yaml")))
        raise SettingsError(f"no policy {profile!r}: {path} is missing; there are {known}") from None
    except yaml.YAMLError as error:
        raise SettingsError(f"{path}: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise SettingsError(f"{path}: {field}: {first['msg']}") from None


def grade_at_least(grade: str, floor: str) -> bool:
    """Whether a safety grade is as good as the floor; an unknown grade never is."""
    ranks = {letter: rank for rank, letter in enumerate(GRADES)}
    return grade in ranks and floor in ranks and ranks[grade] <= ranks[floor]
