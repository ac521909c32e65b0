"""Every sentence of the page, in English and French; a missing translation is a type error, not a surprise."""

from dataclasses import dataclass
from typing import Literal

from council.method.voting.tally import STRONG_BIAS


@dataclass(frozen=True)
class Texts:
    """The words of one language; braces are filled in with `str.format`."""

    language: Literal["en", "fr"]
    colon: str
    tagline: str
    # asking
    question: str
    question_hint: str
    ask: str
    mode: str
    mode_quick: str
    mode_compare: str
    mode_council: str
    mode_full: str
    mode_note_quick: str
    mode_note_compare: str
    mode_note_council: str
    mode_note_full: str
    follow_up_to: str
    no_follow_up: str
    # seats
    seats: str
    seats_and_rules: str
    seat: str
    model: str
    persona: str
    persona_hint: str
    no_persona: str
    temperature: str
    add_seat: str
    remove_seat: str
    chairman: str
    chairman_auto: str
    default_seats: str
    rules: str
    second_look: str
    debate: str
    policy_auto: str
    policy_always: str
    policy_never: str
    rounds: str
    answer_tokens: str
    too_many_seats: str
    not_installed: str
    # refusals
    empty_question: str
    long_question: str
    no_seats: str
    seat_without_model: str
    long_persona: str
    asked_before: str
    open_stored: str
    ask_again: str
    sorry: str
    # models and backends
    lamp_ok: str
    lamp_no_models: str
    lamp_demonstration: str
    lamp_off: str
    lamps: str
    ollama_gone: str
    nothing_installed: str
    nothing_why: str
    nothing_how: str
    nothing_then: str
    serve_then: str
    weights_here: str
    demonstration: str
    demonstration_only: str
    demonstration_why: str
    demonstration_try: str
    demonstration_how: str
    # downloads
    megabytes: str
    gigabytes: str
    download_title: str
    download_why: str
    download_none_fits: str
    download_from: str
    download_facts: str
    download_licence: str
    download_more: str
    download_resume: str
    download_discard: str
    download_here: str
    downloading: str
    download_asking: str
    download_progress: str
    download_speed: str
    download_left: str
    download_lives: str
    download_cancel: str
    download_stopped: str
    download_failed: str
    download_done: str
    download_done_next: str
    download_another: str
    download_close: str
    other_ways: str
    only_at_terminal: str
    # stages
    stage_answers: str
    stage_ballots: str
    stage_debate: str
    stage_synthesis: str
    stage_status: str
    finished_status: str
    time_left: str
    started: str
    status_running: str
    status_complete: str
    status_partial: str
    status_failed: str
    status_stopped: str
    status_interrupted: str
    # actions
    stop: str
    synthesise_now: str
    resume: str
    retry: str
    follow_up: str
    new_question: str
    export_markdown: str
    export_json: str
    # a pane
    state_waiting: str
    state_loading: str
    state_thinking: str
    state_speaking: str
    state_revising: str
    state_finished: str
    state_failed: str
    thinking: str
    tokens_per_second: str
    tokens: str
    seconds: str
    minutes_seconds: str
    spoke_instead: str
    truncated: str
    restarted: str
    cut: str
    revised_answer: str
    revision_undone: str
    revision_failed: str
    revision_withdrawn: str
    # the final answer
    final_answer: str
    by_chairman: str
    by_stand_in: str
    leading_answer: str
    only_answer: str
    only_seat: str
    lone_answer: str
    answer_truncated: str
    notices: str
    speaks_answer: str
    speaks_ballot: str
    speaks_second_look: str
    speaks_stance: str
    speaks_revision: str
    speaks_synthesis: str
    speaks_minutes: str
    # ballots and standings
    ballots: str
    ballots_note: str
    ballots_round: str
    answer_of: str
    voter: str
    weight: str
    why_light: str
    why_light_once: str
    first_shown: str
    position_follows: str
    position_reversed: str
    position_fair: str
    own: str
    abstains: str
    labels: str
    strength: str
    flaw: str
    contradiction: str
    second_order: str
    raw_ballot: str
    standings: str
    standings_axis: str
    winner: str
    tied: str
    no_winner: str
    cycle: str
    voters: str
    families: str
    agreement: str
    margin: str
    first_places: str
    # debate and minutes
    debate_heading: str
    debate_round: str
    debate_held: str
    debate_not_held: str
    debate_asked_for: str
    debate_switched_off: str
    debate_no_clear_winner: str
    debate_contradiction: str
    debate_clear_winner: str
    keep: str
    revise: str
    concede: str
    flips: str
    flip: str
    no_flips: str
    undone: str
    minutes: str
    agreed: str
    disputed: str
    said_by_one: str
    follows: str
    departs: str
    nothing: str
    # history
    history: str
    search: str
    no_history: str
    delete: str
    delete_confirm: str
    yes: str
    no: str
    gone: str
    elsewhere: str
    theme: str

    def mode_name(self, mode: str) -> str:
        """What a mode is called."""
        return str(getattr(self, f"mode_{mode}"))

    def stage_name(self, stage: str) -> str:
        """What a stage is called."""
        return str(getattr(self, f"stage_{stage}"))

    def status_name(self, status: str) -> str:
        """What the state of a run is called."""
        return str(getattr(self, f"status_{status}"))

    def debate_reason(self, reason: str) -> str:
        """Why a debate was held, or not."""
        return str(getattr(self, f"debate_{reason}"))

    def turn_name(self, kind: str) -> str:
        """What a seat says in a turn of this kind."""
        return str(getattr(self, f"speaks_{kind}"))

    def position_meaning(self, bias: float) -> str:
        """What it means that votes follow the order shown so far, from -1 to 1."""
        if abs(bias) < STRONG_BIAS:
            return self.position_fair
        return self.position_follows if bias > 0 else self.position_reversed
