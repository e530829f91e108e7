<%@ page pageEncoding="GBK" contentType="text/html; charset=GBK" session="false" %>
<!DOCTYPE html>
<html lang="zh"><head><meta charset="GBK"><title>组织结构</title><link rel="stylesheet" href="css/oa.css"></head>
<body>
<%@ include file="inc/top.jspf" %>
<main><h1><%= Labels.text("org.title") %></h1>
<% try (Db db = Db.open()) {
    String chosen = String.valueOf(request.getParameter("department"));
    if (chosen.matches("\\d{1,9}")) { %>
<table class="list" id="people"><tr><th>姓名</th><th>职务</th><th>手机</th><th>邮箱</th></tr>
<%      for (Row row : People.ofDepartment(db, Long.parseLong(chosen))) { %>
<tr><td><%= Text.html(row.text("name")) %></td><td><%= Text.html(row.text("title")) %></td><td><%= Text.html(row.text("phone")) %></td><td><%= Text.html(row.text("email")) %></td></tr>
<%      } %>
</table>
<%  } %>
<table class="list" id="departments">
<tr><th>分部</th><th>部门</th><th>人数</th><% for (Row field : DepartmentFields.fields(db, "department")) { %><th><%= Text.html(field.text("label")) %></th><% } %></tr>
<%  for (Row row : People.departments(db)) { %>
<tr><td><%= Text.html(row.text("branch")) %></td><td><a href="org.jsp?department=<%= row.number("id") %>"><%= Text.html(row.text("name")) %></a></td><td><%= row.number("people") %></td>
<%      for (Row field : DepartmentFields.fields(db, "department")) { %><td><% for (long id : DepartmentFields.ofDepartment(db, row.number("id"), field.text("field"))) { %><%= Text.html(People.byId(db, id).name()) %> <% } %></td><% } %></tr>
<%  }
} %>
</table></main>
</body></html>
