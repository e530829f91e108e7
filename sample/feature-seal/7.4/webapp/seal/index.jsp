<%@ page pageEncoding="UTF-8" contentType="text/html; charset=UTF-8" session="false" import="oa.base.*, oa.hr.*, oa.util.Text, oa.seal.Seals" %>
<!DOCTYPE html>
<html lang="zh"><head><meta charset="UTF-8"><title>印章</title><link rel="stylesheet" href="../css/oa.css"></head>
<body><main><h1><%= Labels.text("seal.title") %></h1>
<table class="list" id="seals">
<% try (Db db = Db.open()) {
    for (Row seal : Seals.all(db)) { %>
<tr><td><%= Text.html(seal.text("name")) %></td><td><%= Text.html(seal.text("branch")) %></td><td><%= seal.number("uses") %></td>
<td><% for (Object id : (Iterable<?>) seal.get("keepers")) { %><%= Text.html(People.byId(db, (Long) id).name()) %> <% } %></td></tr>
<%  }
} %>
</table></main></body></html>
