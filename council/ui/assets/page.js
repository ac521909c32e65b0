() => {
  // What the page does in the browser alone: the address, the language, folding, following a text that grows.
  const council = {
    showRun(run) {
      const shown = document.querySelector('#run');
      this.awaited = run && run !== this.run && shown.getBoundingClientRect().top > window.innerHeight / 2;
      this.run = run;
      const address = new URL(window.location.href);
      if (run === (address.searchParams.get('run') || '')) return; // it was opened by its address, or is shown anew
      if (run) address.searchParams.set('run', run); else address.searchParams.delete('run');
      window.history.pushState(null, '', address);
    },
    openAddress() { // after Back and Forward
      const run = new URL(window.location.href).searchParams.get('run') || '';
      const target = document.querySelector('#target :is(input, textarea)');
      if (run === (this.run || '') || !target) return;
      target.value = run && `${run} ${performance.now()}`;
      target.dispatchEvent(new Event('input', { bubbles: true }));
    },
    scrollToAwaited() {
      if (!this.awaited || !document.querySelector('#asked h2')) return; // until then there is nothing to scroll to
      this.awaited = false;
      requestAnimationFrame(() => document.querySelector('#run').scrollIntoView());
    },
    saveFile(file) {
      if (!file) return;
      const { name, type, text } = JSON.parse(file);
      const link = document.createElement('a');
      link.href = URL.createObjectURL(new Blob([text], { type }));
      link.download = name;
      document.body.append(link);
      link.click();
      link.remove();
      setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    },
    rememberLanguage(language) {
      try { localStorage.setItem('council-language', language); } catch { /* storage may be switched off */ }
      document.documentElement.lang = language;
    },
    wishedLanguage() {
      let wished = '';
      try { wished = localStorage.getItem('council-language') || ''; } catch { /* as above */ }
      const spoken = [...document.querySelectorAll('#language input')].map((choice) => choice.value);
      const tag = (wished || navigator.language || 'en').toLowerCase().split('-')[0];
      const language = spoken.includes(tag) ? tag : 'en';
      document.documentElement.lang = language;
      return language;
    },
    toggleHistory() {
      document.querySelector('#sidebar .toggle-button')?.click();
    },
    async logOut() {
      await fetch('logout', { method: 'POST', redirect: 'manual' }); // a form would not tell from which page it comes
      window.location.reload();
    },
    writeQuestion() {
      const box = document.querySelector('#question textarea');
      if (box) { box.focus(); box.scrollIntoView({ block: 'center' }); }
    },
  };
  window.council = council;
  window.addEventListener('popstate', () => council.openAddress());

  const opened = new Map(); // parts that were folded open or shut by hand, by id: they are drawn anew while a run goes on
  document.addEventListener('toggle', (event) => {
    if (event.target.tagName === 'DETAILS' && event.target.id) opened.set(event.target.id, event.target.open);
  }, true);

  document.addEventListener('click', (event) => {
    const switched = event.target.closest('[data-local="theme"]');
    if (switched) document.body.classList.toggle('dark');
    if (event.target.closest('[data-local="history"]')) council.toggleHistory();
    if (event.target.closest('[data-local="log-out"]')) council.logOut();
    const chosen = event.target.closest('#history .open');
    if (chosen && window.innerWidth < 900) council.toggleHistory(); // there the sidebar covers the page
    const fold = event.target.closest('[data-local="fold"]');
    if (fold) fold.setAttribute('aria-expanded', String(fold.getAttribute('aria-expanded') !== 'true'));
  });

  const followed = new WeakSet(); // texts that were seen growing: their last words are shown, too
  const released = new WeakSet(); // texts that the reader scrolled up in: they are not pulled down any more
  let handled = 0; // when the reader last did something that scrolls; growing text scrolls by itself, too
  for (const kind of ['wheel', 'touchmove', 'keydown', 'pointerdown']) {
    document.addEventListener(kind, () => { handled = performance.now(); }, { capture: true, passive: true });
  }
  document.addEventListener('scroll', (event) => {
    const box = event.target;
    if (!box.matches || !box.matches('.prose.part-body')) return;
    if (box.scrollHeight - box.scrollTop - box.clientHeight < 48) released.delete(box);
    else if (performance.now() - handled < 1000) released.add(box);
  }, true);

  // Every block of a model's text is laid out in the direction of its own script; the style sheet does so for lines.
  const BLOCKS = 'p, ul, ol, h1, h2, h3, h4, h5, h6, blockquote, table';
  // What is wider than its box can be reached, and so scrolled, by the keyboard.
  const WIDE = 'table, pre, .katex-display, p:has(.katex)';
  const wide = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      if (target.scrollWidth > target.clientWidth + 1) target.tabIndex = 0; else target.removeAttribute('tabindex');
    }
  });
  const prepare = (added) => {
    if (added.nodeType !== Node.ELEMENT_NODE || !added.closest('#run .prose')) return;
    for (const box of [added, ...added.querySelectorAll(WIDE)]) if (box.matches(WIDE)) wide.observe(box);
    for (const block of [added, ...added.querySelectorAll(BLOCKS)]) {
      if (block.matches(BLOCKS) && !block.parentElement?.closest(BLOCKS)) block.dir = 'auto';
    }
  };

  new MutationObserver((changes) => {
    council.scrollToAwaited();
    for (const { target, addedNodes } of changes) {
      for (const added of addedNodes) prepare(added);
      const element = target.nodeType === Node.ELEMENT_NODE ? target : target.parentElement;
      if (!element) continue;
      const pane = element.closest('.pane');
      const box = pane?.querySelector('.prose.part-body');
      if (pane?.querySelector('.chip.busy')) {
        if (box?.contains(element)) followed.add(box);
        if (followed.has(box) && !released.has(box)) box.scrollTop = box.scrollHeight;
      } else if (box && followed.delete(box) && !released.has(box)) {
        box.scrollTop = 0; // what is done is read from its beginning
      }
      for (const part of element.querySelectorAll('details[id]')) {
        if (opened.has(part.id) && part.open !== opened.get(part.id)) part.open = opened.get(part.id);
      }
    }
  }).observe(document.body, { childList: true, subtree: true, characterData: true });
}
