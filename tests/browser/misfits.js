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
  const excused = element => {
    for (let around = element.parentElement; around && around !== document.body; around = around.parentElement) {
      if (['auto', 'scroll'].includes(overflow(around)) || tiny(around.getBoundingClientRect())) return true;
    }
    return false;
  };

  for (const element of document.body.querySelectorAll('*')) {
    const box = element.getBoundingClientRect();
    if (!element.checkVisibility() || tiny(box) || (element.closest('svg') && element.localName !== 'svg')) continue;
    if ((box.right > page.clientWidth + 1 || box.left < -1) && !excused(element)) {
      found.push(`over the edge, from ${Math.round(box.left)} to ${Math.round(box.right)} px: ${name(element)}`);
    }
    const cuts = ['hidden', 'clip'].includes(overflow(element)) && element.scrollWidth > element.clientWidth + 1;
    const tellsTheWhole = element.closest('[title]') || element.querySelector('[title]');
    if (cuts && element.localName !== 'svg' && !tellsTheWhole) found.push(`cut, and nothing tells the whole: ${name(element)}`);
  }

  const outermost = drawing => (drawing.ownerSVGElement ? outermost(drawing.ownerSVGElement) : drawing);
  for (const text of document.querySelectorAll('svg text')) {
    const box = text.getBoundingClientRect(), drawing = outermost(text).getBoundingClientRect();
    const outside = box.left < drawing.left - 1 || box.right > drawing.right + 1
      || box.top < drawing.top - 1 || box.bottom > drawing.bottom + 1;
    if (text.checkVisibility() && outside) found.push(`outside of its drawing: ${text.textContent}`);
  }
  return found;
}
