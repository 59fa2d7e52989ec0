// The part of CloudWatch's console that shows a custom widget: it cleans the HTML, and carries out each cwdb-action.
// The page it runs in has DOMPurify, and `invoke`, which calls a function.
() => {
  const widget = document.querySelector('.widget'), dialog = document.querySelector('dialog');
  // FORCE_BODY keeps a style that comes first. An ARN looks like an address that might run something.
  const options = {
    ADD_TAGS: ['cwdb-action'],
    ADD_ATTR: ['action', 'confirmation', 'display', 'endpoint', 'event'],
    ADD_URI_SAFE_ATTR: ['endpoint'],
    FORCE_BODY: true,
  };

  // A tooltip with markup in it goes. What it says is no more than what is shown, in full.
  const tells = attribute => attribute.name !== 'title' || !/[<>]/.test(attribute.value);
  const signature = element => {
    const attributes = [...element.attributes].filter(tells).map(attribute => `${attribute.name}="${attribute.value}"`).sort();
    const text = [...element.childNodes].filter(node => node.nodeType === Node.TEXT_NODE).map(node => node.data).join('');
    return `<${element.localName} ${attributes.join(' ')}>${text}`;
  };
  const signatures = html => {
    const parsed = new DOMParser().parseFromString(`<body>${html}`, 'text/html');
    return [...parsed.body.querySelectorAll('*')].map(signature);
  };
  window.removed = [];
  const clean = html => {
    const cleaned = DOMPurify.sanitize(html, options);
    const left = signatures(cleaned);
    for (const element of signatures(html)) {
      const index = left.indexOf(element);
      if (index < 0) window.removed.push(element);
      else left.splice(index, 1);
    }
    return cleaned;
  };

  const show = (place, html) => {
    place.innerHTML = clean(html);
    for (const action of place.querySelectorAll('cwdb-action')) {
      const element = action.previousElementSibling;
      if (element) element.addEventListener(action.getAttribute('event') || 'click', () => carryOut(action));
      else window.removed.push(`nothing before ${signature(action)}`);
    }
    window.shown += 1;
  };

  const fields = () => {
    const filled = [...widget.querySelectorAll('input[name], select[name], textarea[name]')]
      .filter(field => !['radio', 'checkbox'].includes(field.type) || field.checked);
    return Object.fromEntries(filled.map(field => [field.name, field.value]));
  };

  const carryOut = async action => {
    const question = action.getAttribute('confirmation');
    if (question && !window.confirm(question)) return;
    const html = action.getAttribute('action') === 'call'
      ? await window.invoke(action.getAttribute('endpoint'), action.textContent, fields())
      : action.innerHTML;
    if (action.getAttribute('display') === 'popup') {
      show(dialog, html);
      dialog.showModal();
    } else {
      show(widget, html);
      widget.scrollTop = 0;
    }
  };

  window.shown = 0;
  window.showWidget = html => show(widget, html);
}
