document.querySelectorAll("table.sortable").forEach((table) => {
  table.querySelectorAll("th").forEach((head, column) => {
    head.tabIndex = 0;
    let up = true;
    const key = (row) => { const cell = row.cells[column]; return cell.dataset.value ?? cell.textContent; };
    const sort = () => {
      const rows = [...table.tBodies[0].rows];
      rows.sort((a, b) => {
        const [x, y] = [key(a), key(b)], [m, n] = [parseFloat(x), parseFloat(y)];
        const order = isNaN(m) || isNaN(n) ? x.localeCompare(y) : m - n;
        return up ? order : -order;
      });
      up = !up;
      table.tBodies[0].append(...rows);
    };
    head.addEventListener("click", sort);
    head.addEventListener("keydown", (event) => { if (event.key === "Enter") sort(); });
  });
});
