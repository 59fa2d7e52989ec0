// What does not fit on the page, in words. What scrolls by itself may hold wider things; a text for screen readers is
// no larger than a pixel.
() => {
  const page = document.documentElement;
  const found = [];
  const sideways = page.scrollWidth - page.clientWidth;
  if (sideways > 0) found.push(`the page scrolls sideways by ${sideways} px`);

  const overflow = element => getComputedStyle(element).overflowX;
  const name = element => {
    const classes = element.getAttribute('class');
    const text = (element.textContent || '').trim().replace(/\s+/g, ' ').slice(0, 60);
    return `<${element.localName}${classes ? ` class="${classes}"` : ''}> ${text}`;
  };
  const tiny = box => box.width <= 1 || box.height <= 1;
  const excused = (element, within) => {
    for (let around = element.parentElement; around && around !== within; around = around.parentElement) {
      if (['auto', 'scroll'].includes(overflow(around)) || tiny(around.getBoundingClientRect())) return true;
    }
    return false;
  };

  for (const element of document.body.querySelectorAll('*')) {
    const box = element.getBoundingClientRect();
    if (!element.checkVisibility() || tiny(box) || (element.closest('svg') && element.localName !== 'svg')) continue;
    const edges = [['page', document.body, 0, page.clientWidth]];
    const card = element.parentElement.closest('section');
    if (card) edges.push(['card', card, card.getBoundingClientRect().left, card.getBoundingClientRect().right]);
    for (const [what, within, left, right] of edges) {
      if ((box.right > right + 1 || box.left < left - 1) && !excused(element, within)) {
        found.push(`over the edge of the ${what}, ${Math.round(box.left)} to ${Math.round(box.right)} px: ${name(element)}`);
      }
    }
    const cuts = ['hidden', 'clip'].includes(overflow(element)) && element.scrollWidth > element.clientWidth + 1;
    const tellsTheWhole = element.closest('[title]') || element.querySelector('[title]');
    const scrollsItself = ['svg', 'input', 'textarea', 'select'].includes(element.localName);
    if (cuts && !scrollsItself && !tellsTheWhole) found.push(`cut, and nothing tells the whole: ${name(element)}`);
  }

  // What is written beside a drawing is in the padding of what holds it.
  const outermost = element => (element.ownerSVGElement ? outermost(element.ownerSVGElement) : element);
  const apart = (a, b) => a.right < b.left + 2 || b.right < a.left + 2 || a.bottom < b.top + 2 || b.bottom < a.top + 2;
  // A text in a group that is not displayed is called visible, but has no size.
  const texts = [...document.querySelectorAll('svg text')].filter(text => text.getBoundingClientRect().width > 0);
  const boxes = texts.map(text => text.getBoundingClientRect());
  texts.forEach((text, index) => {
    const box = boxes[index], frame = outermost(text).parentElement.getBoundingClientRect();
    const outside = box.left < frame.left - 1 || box.right > frame.right + 1
      || box.top < frame.top - 1 || box.bottom > frame.bottom + 1;
    if (outside) found.push(`outside of its drawing: ${text.textContent}`);
    texts.slice(0, index).forEach((other, earlier) => {
      if (!apart(box, boxes[earlier])) found.push(`written over each other: ${other.textContent} and ${text.textContent}`);
    });
  });
  return found;
}
