// What old browsers lack. Of no use to any browser of today; gone in 8.0.
if (window.attachEvent && !window.addEventListener) {
  document.write('<p>IE 8</p>');
}
