'use strict';
async function show() {
  const answer = await fetch('/api/notes');
  if (!answer.ok) return;
  document.getElementById('login').hidden = true;
  const list = document.getElementById('notes');
  for (const note of await answer.json()) {
    const item = document.createElement('li');
    item.textContent = `${note.author}: ${note.title}`;
    const tags = document.createElement('span');
    tags.className = 'tags';
    tags.textContent = ' ' + (note.tags || '');
    item.append(tags);
    list.append(item);
  }
}
document.getElementById('login').addEventListener('submit', async (event) => {
  event.preventDefault();
  const fields = Object.fromEntries(new FormData(event.target));
  const answer = await fetch('/api/login', { method: 'POST', body: JSON.stringify(fields) });
  if (answer.ok) show();
});
show();
