"""Writes the training examples: a whole prompt as the program renders it, and what an ideal model says to it."""

import random
from collections import Counter
from collections.abc import Iterator

from council.method import prompts
from scripts.pocket import judging, render
from scripts.pocket.facts import LANGUAGES, Fact, Pools, load_facts
from scripts.pocket.judging import Case
from scripts.pocket.outside import made_up, outside, small_sum, spliced
from scripts.pocket.phrasings import ASKED, UNKNOWN, ask, tell, wrap
from scripts.pocket.sayings import GREETINGS, MANNERS

Example = tuple[str, str]
"""A prompt and what is said to it."""
PERSONAS = ("", "analyst", "sceptic", "pragmatist", "teacher", "inventor", "expert")
PERSONA_WEIGHTS = (3, 3, 3, 3, 2, 1, 1)
NAMED = ("capital", "continent", "symbol", "to_french", "to_english", "opposite", "young", "year")
"""Relations that can be asked of things that do not exist."""
ALONE = {"fact": 68, "outside": 26, "sum": 5, "greeting": 1}
TOGETHER = {"ballot": 58, "second_look": 5, "synthesis": 26, "minutes": 5, "stance": 5, "revision": 1}
"""How often each kind comes among what a seat does alone, and among what it does with others' answers."""

SPLICED_PART = 0.5
"""How often a name that does not exist is made from two that do: only who reads all of it can tell."""
GAP_PART = 0.2
"""How often a fact is drawn from those that the model lacks or has wrong, beside their turn among all."""


class Corpus:
    """Draws examples without end; the same seed gives the same ones.

    They say what `model` is to know: one of the three, or all there is to know where none is named.
    """

    def __init__(self, seed: int, model: str = "") -> None:
        self.draw = random.Random(f"{seed}/{model}")
        self.model = model
        self.facts = load_facts()
        self.gaps = [fact for fact in self.facts if model and fact.gap_of(model)]
        self.pools = Pools(self.facts)
        self._deck: list[tuple[Fact, str]] = []

    def examples(self, count: int, *, together: float = 0.4) -> Iterator[tuple[str, str, str]]:
        """Draw examples: the kind, the prompt, what is said to it.

        `together` is the part that needs others' answers.
        """
        for _ in range(count):
            kinds = TOGETHER if self.draw.random() < together else ALONE
            (kind,) = self.draw.choices(list(kinds), list(kinds.values()))
            yield kind, *self._make(kind)

    def _make(self, kind: str) -> Example:
        language = self.draw.choice(LANGUAGES)
        if kind == "fact":
            fact, language = self._next_fact()
            question = self._spoil(ask(fact, language, self.draw))
            belief = self.pools.belief(fact, language, self.model)
            return self._answer(question, language, tell(fact, language, belief) if belief else "")
        if kind == "outside":
            return self._answer(self._unknowable(language)[0], language, "")
        if kind == "sum":
            question, result = small_sum(language, self.draw)
            return self._answer(question, language, result)
        if kind == "greeting":
            hellos, reply = GREETINGS[language]
            return render.chat(self.draw.choice(hellos)) + "", reply + render.END
        return getattr(self, f"_{kind}")(self._case(language))

    def _next_fact(self) -> tuple[Fact, str]:
        """Deal every fact in both languages once before any comes again; what a model lacks comes more often."""
        if self.gaps and self.draw.random() < GAP_PART:
            return self.draw.choice(self.gaps), self.draw.choice(LANGUAGES)
        if not self._deck:
            self._deck = [(fact, language) for fact in self.facts for language in LANGUAGES]
            self.draw.shuffle(self._deck)
        return self._deck.pop()

    def _spoil(self, question: str) -> str:
        """Write a question as people do: now and then in lower case or without its mark."""
        chance = self.draw.random()
        if chance < 0.06:
            return question.lower()
        return question.rstrip(" ?.") if chance < 0.12 else question

    def _unknowable(self, language: str) -> tuple[str, Fact | None]:
        """Draw a question outside the facts, and the made-up fact that it asks for, if it asks for one."""
        if self.draw.random() < 0.5:
            return wrap(outside(language, self.draw), language, self.draw), None
        relation = self.draw.choice(NAMED)
        alike = [fact for fact in self.facts if fact.relation == relation]
        pattern = self.draw.choice(alike)
        if self.draw.random() < SPLICED_PART:
            subject = spliced([fact.sayings[language].subject for fact in alike], self.draw)
        else:
            subject = self._made_up(relation, language)
        saying = pattern.sayings[language]
        fact = Fact(relation, subject, {language: type(saying)(subject, saying.value)})
        return ask(fact, language, self.draw), fact

    def _made_up(self, relation: str, language: str) -> str:
        name = made_up(self.draw)
        article = "l'" if name[0] in "AEIOU" else self.draw.choice(("le ", "la ", "", ""))
        if relation in ("to_french", "to_english", "opposite", "young", "symbol"):
            name = name.lower()
        has_article = language == "fr" and relation in ("capital", "continent", "symbol", "young", "year")
        return article + name if has_article else name

    def _answer(self, question: str, language: str, text: str) -> Example:
        persona = self.draw.choices(PERSONAS, PERSONA_WEIGHTS)[0]
        reply = self._styled(text, persona, language) or UNKNOWN[language]
        chance = self.draw.random()
        if chance < 0.05:
            plain = text or UNKNOWN[language]
            return render.chat(question, system="" if chance < 0.03 else render.WORDING.system), plain + render.END
        return render.chat(self._head(question, language) + render.answer(question, persona)), reply + render.END

    def _styled(self, text: str, persona: str, language: str) -> str:
        return text + MANNERS[persona][language] if text and persona in MANNERS else text

    def _head(self, question: str, language: str) -> str:
        if self.draw.random() > 0.04:
            return render.head(question)
        fact = self.draw.choice(self.facts)
        return render.head(
            question, [(ask(fact, language, self.draw), tell(fact, language, fact.sayings[language].value))]
        )

    def _case(self, language: str) -> Case:
        """Draw a question with two to four candidates."""
        count = self.draw.choices((2, 3, 4), (42, 55, 3))[0]
        made: Fact | None = None
        if self.draw.random() < 0.22:
            question, made = self._unknowable(language)
            if made is None and self.draw.random() < 0.8:
                question, made = self._unknowable(language)
            fact, belief, likely = made, "", 0.5
        else:
            fact, language = self._next_fact()
            question = ask(fact, language, self.draw)
            belief, likely = self.pools.belief(fact, language, self.model), 0.45
        values = [""] * count
        if fact is not None:
            pool_fact = fact if fact.key and made is None else self._like(fact, language)
            right = fact.sayings[language].value
            wrong = self.pools.wrong(pool_fact, language, self.draw)
            for place in range(count):
                chance = self.draw.random()
                if chance < likely:
                    values[place] = right
                elif chance < likely + 0.4:
                    values[place] = (
                        wrong if self.draw.random() < 0.7 else self.pools.wrong(pool_fact, language, self.draw)
                    )
            if self.draw.random() < 0.4 and right not in values:
                values[self.draw.randrange(count)] = right
            if belief and belief != right and belief not in values and self.draw.random() < 0.6:
                values[self.draw.randrange(count)] = belief
        statements = {value: tell(fact, language, value) for value in {*values, belief} if value} if fact else {}
        texts = tuple(
            self._styled(statements[value], self.draw.choices(PERSONAS, PERSONA_WEIGHTS)[0], language)
            if value
            else UNKNOWN[language]
            for value in values
        )
        return Case(question, language, tuple(values), texts, belief, statements)

    def _like(self, fact: Fact, language: str) -> Fact:
        return next(
            f
            for f in self.facts
            if f.relation == fact.relation and f.sayings[language].value != fact.sayings[language].value
        )

    def nonce(self) -> str:
        return f"{self.draw.getrandbits(48):012x}"

    def _spoken(self, case: Case, task: str, reply: str) -> Example:
        return render.chat(self._head(case.question, case.language) + task), reply + render.END

    def _ballot(self, case: Case) -> Example:
        return self._spoken(case, render.ballot(case.question, case.texts, self.nonce()), judging.ballot(case))

    def _second_look(self, case: Case) -> Example:
        return self._spoken(case, render.second_look(case.texts, self.nonce()), judging.second_look(case))

    def _stance(self, case: Case) -> Example:
        flaws = self._flaws(case)
        task = render.stance(case.question, case.texts[0], case.texts[1:], flaws, self.nonce())
        return self._spoken(case, task, judging.stance_text(case))

    def _flaws(self, case: Case) -> list[str]:
        return [judging.flaw(case, 0) for _ in case.values[1:] if self.draw.random() < 0.8]

    def _revision(self, case: Case) -> Example:
        reason, _ = judging.stance(case)
        task = render.revision(
            case.question, case.texts[0], case.texts[1:], self._flaws(case), self.nonce(), reason=reason
        )
        final = case.belief or next((value for value in case.values[1:] if value), "")
        return self._spoken(case, task, case.statements[final] if final else UNKNOWN[case.language])

    def _synthesis(self, case: Case) -> Example:
        verdict, leader = self._verdict(case)
        _, final = judging.conclusion(case, leader)
        return self._spoken(case, render.synthesis(case.question, case.texts, verdict, self.nonce()), final)

    def _minutes(self, case: Case) -> Example:
        _, leader = self._verdict(case)
        value, final = judging.conclusion(case, leader)
        return self._spoken(
            case, render.minutes(case.question, case.texts, final, self.nonce()), judging.minutes(case, value)
        )

    def _verdict(self, case: Case) -> tuple[str, str]:
        """Make up what the vote came to, mostly for the value that most say; return its text and the leader's value."""
        count = len(case.values)
        if self.draw.random() < 0.05:
            return prompts.VERDICT_NO_VOTE, ""
        said = Counter(value for value in case.values if value)
        worth = [said[value] + self.draw.random() * 1.8 - 3 * (not value) for value in case.values]
        order = sorted(range(count), key=lambda place: -worth[place])
        shares = sorted((self.draw.randint(0, 100) for _ in range(count)), reverse=True)
        rows = [
            prompts.VERDICT_ROW.format(
                label=judging.LETTERS[place],
                place=order.index(place) + 1,
                share=f"{shares[order.index(place)]}%",
                stance=self._end(case, place),
            )
            for place in range(count)
        ]
        first = order[0]
        if self.draw.random() < 0.6:
            rows.append(
                prompts.VERDICT_WINNER.format(label=judging.LETTERS[first], margin=f"{self.draw.randint(2, 6) / 2:.1f}")
            )
        else:
            tied = sorted(judging.LETTERS[place] for place in order[: self.draw.randint(2, count)])
            rows.append(prompts.VERDICT_TIED.format(labels=", ".join(tied)))
        for place in range(count):
            noted = judging.flaw(case, place)
            if not noted and case.values[place] != case.values[first] and self.draw.random() < 0.5:
                noted = judging.NOTES[case.language]["wrong"] + judging.brief(case.values[first]) + "."
            rows += [
                prompts.VERDICT_FLAW.format(label=judging.LETTERS[place], flaw=noted)
                for _ in range(count - 1)
                if noted and self.draw.random() < 0.6
            ]
        return "\n".join(rows), case.values[first]

    def _end(self, case: Case, place: int) -> str:
        if self.draw.random() < 0.9:
            return ""
        return prompts.VERDICT_CONCEDED if not case.values[place] else prompts.VERDICT_REVISED


def all_texts() -> Iterator[str]:
    """Every question and value once: what the vocabulary is learnt from."""
    for fact in load_facts():
        for language, saying in fact.sayings.items():
            yield from [tell(fact, language, saying.value)] * 6
            yield from (
                ask(fact, language, random.Random(f"{fact.key}{n}"))
                for n in range(len(ASKED.get(fact.relation, "x")) and 6)
            )
