<%@ page pageEncoding="UTF-8" contentType="text/html; charset=UTF-8" session="false" %>
<!DOCTYPE html>
<html lang="zh"><head><meta charset="UTF-8"><title>文档</title><link rel="stylesheet" href="css/oa.css"></head>
<body>
<%@ include file="inc/top.jspf" %>
<main><h1><%= Labels.text("document.title") %></h1>
<table class="list">
<% try (Db db = Db.open()) {
    for (Row row : db.list("SELECT d.title, p.name AS author, d.created_at, d.reads FROM doc_document d JOIN hrm_person p ON p.id = d.author_id ORDER BY d.id DESC LIMIT " + Settings.whole("page.rows", 20))) { %>
<tr><td><%= Text.html(row.text("title")) %></td><td><%= Text.html(row.text("author")) %></td><td><%= Text.html(row.text("created_at")) %></td><td><%= row.number("reads") %></td></tr>
<%  }
} %>
</table></main>
</body></html>
