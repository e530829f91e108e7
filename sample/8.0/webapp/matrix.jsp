<%@ page pageEncoding="UTF-8" contentType="text/html; charset=UTF-8" session="false" %>
<!DOCTYPE html>
<html lang="zh"><head><meta charset="UTF-8"><title>矩阵</title><link rel="stylesheet" href="css/oa.css"></head>
<body>
<%@ include file="inc/top.jspf" %>
<main><h1><%= Labels.text("menu.matrix") %></h1>
<% if (!person.admin()) { response.setStatus(403); } else { try (Db db = Db.open()) {
    for (Row matrix : Matrices.all(db)) { List<Row> fields = Matrices.fields(db, matrix.text("code")); %>
<h2><%= Text.html(matrix.text("name")) %></h2>
<table class="list" id="matrix-<%= Text.html(matrix.text("code")) %>"><tr><th>编号</th><% for (Row field : fields) { %><th><%= Text.html(field.text("label")) %></th><% } %></tr>
<%      for (Row row : db.list("SELECT key_id FROM matrix_row WHERE matrix_id = ? ORDER BY key_id", matrix.number("id"))) { %>
<tr><td><%= row.number("key_id") %></td><% for (Row field : fields) { %><td><% for (long id : Matrices.people(db, matrix.text("code"), row.number("key_id"), field.text("field"))) { %><%= Text.html(People.byId(db, id).name()) %> <% } %></td><% } %></tr>
<%      } %></table>
<%  }
} } %>
</main></body></html>
